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
}
