"""A camera for tests: GStreamer's RTSP server on 127.0.0.1 with a moving test picture.

Reads one JSON object a line from stdin; the first configures it, later ones change the picture in mid-stream:
  {"port": 0, "codec": "h264" | "h265" | "mjpeg", "width": 320, "height": 240, "fps": 25,
   "user": "…", "password": "…", "auth": "digest" | "basic", "keyint": 10,
   "sound": "before" | "after" the video, in the order in which the camera lists them}
  {"width": 640, "height": 360, "fps": 10}    new size or rate within the running session
  {"codec": "h265"}                            new codec: sessions are closed, as cameras do
Prints {"port": N} when it listens. Ends when stdin ends.
"""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PATH = "/live"

ENCODERS = {
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max={keyint} bitrate=600 "
    "! video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max={keyint} bitrate=600 log-level=none "
    "! rtph265pay name=pay0 pt=96 config-interval=-1",
    "mjpeg": "jpegenc quality=70 ! rtpjpegpay name=pay0 pt=26",
}


def caps(config):
    return "video/x-raw,format=I420,width={width},height={height},framerate={fps}/1".format(**config)


class Camera:
    def __init__(self, config):
        self.config = {"port": 0, "codec": "h264", "width": 320, "height": 240, "fps": 25, "keyint": 10, **config}
        self.media = []
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("127.0.0.1")
        self.server.set_service(str(self.config["port"]))
        if self.config.get("user"):
            self.server.set_auth(self.auth())
        self.mount()
        if self.server.attach(None) == 0:
            sys.exit("cannot listen")

    def auth(self):
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        user, password = self.config["user"], self.config["password"]
        if self.config.get("auth") == "basic":
            auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
        else:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(user, password, token)
        return auth

    def mount(self):
        factory = GstRtspServer.RTSPMediaFactory()
        encoder = ENCODERS[self.config["codec"]].format(**self.config)
        video = "videotestsrc is-live=true pattern=ball ! capsfilter name=size caps={} ! {}".format(
            caps(self.config), encoder
        )
        sound = "audiotestsrc is-live=true wave=silence ! mulawenc ! rtppcmupay name=pay{} pt=0"
        if self.config.get("sound") == "before":
            video = "{} {}".format(sound.format(0), video.replace("name=pay0", "name=pay1"))
        elif self.config.get("sound") == "after":
            video = "{} {}".format(video, sound.format(1))
        factory.set_launch("( {} )".format(video))
        factory.set_shared(True)
        factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
        if self.config.get("user"):
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("viewer", "media.factory.access", True)
            permissions.add_permission_for_role("viewer", "media.factory.construct", True)
            factory.set_permissions(permissions)
        factory.connect("media-configure", lambda _, media: self.media.append(media))
        self.server.get_mount_points().add_factory(PATH, factory)

    def change(self, change):
        self.config.update(change)
        if "codec" in change:
            self.mount()
            self.media.clear()
            self.server.client_filter(lambda *_: GstRtspServer.RTSPFilterResult.REMOVE)
            return
        self.mount()
        for media in self.media:
            size = media.get_element().get_by_name("size")
            size.set_property("caps", Gst.Caps.from_string(caps(self.config)))


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    camera = Camera(json.loads(sys.stdin.readline()))
    print(json.dumps({"port": camera.server.get_bound_port()}), flush=True)

    def listen():
        for line in sys.stdin:
            GLib.idle_add(camera.change, json.loads(line))
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    loop.run()


main()
