/** What the parts of the server need to know of a segmentation network; `inference/` reads it from a manifest. */
export interface ClassInfo {
  /** Index in the network's output and in every mask. */
  readonly id: number;
  readonly name: string;
  /** sRGB, 0–255. */
  readonly color: readonly [red: number, green: number, blue: number];
}

export interface ModelInfo {
  readonly name: string;
  readonly classes: readonly ClassInfo[];
  /** Label value in ground truth that no score counts; not a class. */
  readonly ignoreIndex: number | undefined;
  readonly licence: string;
  /** Pixels of the network's input a score, in each direction (4 for HRNet). */
  readonly stride: number;
  /** It gives one class a pixel and no scores: nothing says how sure it is. */
  readonly labelsOnly?: boolean | undefined;
}

const BACKGROUND = /^(background|other|others|unlabell?ed|unknown|void|ignore|nothing|none)$/i;

/** Whether a class stands for "nothing in particular": overlays leave it out unless asked for. */
export function isBackground({ name }: ClassInfo): boolean {
  return BACKGROUND.test(name.trim());
}

/** Programs that run networks. */
export const ENGINES = ['onnxruntime', 'openvino'] as const;
export type EngineName = (typeof ENGINES)[number];

/** What runs a loaded network. */
export interface EngineInfo {
  readonly name: EngineName;
  readonly version: string;
  /** What computes, in the engine's own words: `cpu` or `cuda`; `CPU`, `GPU` or `NPU`. */
  readonly device: string;
  /** Arithmetic of the layers that aren't quantised: `f32`, `bf16` or `f16`; empty where the engine doesn't tell. */
  readonly precision: string;
}
