"""A plain loop that segments a video: what many people would write, without waste.

Decodes with OpenCV, scales, infers, takes the arg-max at the network's stride, colours by a look-up table, enlarges by nearest neighbour,
blends once, writes a JPEG. Prints one JSON object: frames, seconds, CPU seconds, peak resident memory in MiB.

    python loop.py --engine onnxruntime|openvino --model model.onnx --plane 512x384 --threads 2 --seconds 5 [--draw supervision] VIDEO
"""

import argparse
import json
import resource
import time

import cv2
import numpy as np

WARM_UP = 5


def onnxruntime_network(path, shape, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait would only make this loop look worse.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda picture: session.run(None, {name: picture})[0]


def openvino_network(path, shape, threads):
    import openvino as ov

    core = ov.Core()
    model = core.read_model(path)
    model.reshape(shape)
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    return lambda picture: request.infer([picture], share_inputs=True, share_outputs=True)[0]


NETWORKS = {"onnxruntime": onnxruntime_network, "openvino": openvino_network}


def plain_drawing(classes):
    colours = np.random.default_rng(1).integers(0, 256, (classes, 3), dtype=np.uint8)

    def draw(frame, labels):
        overlay = cv2.resize(colours[labels], frame.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return cv2.addWeighted(frame, 0.6, overlay, 0.4, 0)

    return draw


def supervision_drawing(classes):
    import supervision as sv

    annotator = sv.MaskAnnotator(opacity=0.4)

    def draw(frame, labels):
        full = cv2.resize(labels, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        present = np.unique(labels)
        masks = full[None] == present[:, None, None]
        return annotator.annotate(frame, sv.Detections(xyxy=sv.mask_to_xyxy(masks), mask=masks, class_id=present.astype(int)))

    return draw


DRAWINGS = {"plain": plain_drawing, "supervision": supervision_drawing}


def frames_of(path, threads):
    """Frames again and again, as BGR."""
    while True:
        video = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
        while True:
            there, frame = video.read()
            if not there:
                break
            yield frame
        video.release()


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("video")
    parser.add_argument("--engine", choices=NETWORKS, required=True)
    parser.add_argument("--draw", choices=DRAWINGS, default="plain")
    parser.add_argument("--model", required=True)
    parser.add_argument("--plane", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5)
    given = parser.parse_args()
    width, height = (int(side) for side in given.plane.split("x"))
    cv2.setNumThreads(given.threads)
    network = NETWORKS[given.engine](given.model, [1, height, width, 3], given.threads)
    draw = None
    frames = 0
    for number, frame in enumerate(frames_of(given.video, given.threads)):
        picture = cv2.cvtColor(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        logits = network(picture[None])[0]
        draw = draw or DRAWINGS[given.draw](logits.shape[0])
        drawn = draw(frame, logits.argmax(0).astype(np.uint8))
        cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 85])
        if number + 1 == WARM_UP:
            begin, before = time.monotonic(), cpu_seconds()
        if number >= WARM_UP:
            frames += 1
            if time.monotonic() - begin >= given.seconds:
                break
    seconds, cpu = time.monotonic() - begin, cpu_seconds() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"frames": frames, "seconds": seconds, "cpuSeconds": cpu, "peakMemory": peak}))


if __name__ == "__main__":
    main()
