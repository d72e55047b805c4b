/** What a network is called for people, from the name of its folder. */

export const FAMILIES = ['HRNet', 'U-Net', 'SegNet', 'DeepLab', 'other'] as const;
export type Family = (typeof FAMILIES)[number];

export interface Title {
  readonly family: Family;
  /** Without precision and training set. */
  readonly title: string;
}

const ARCHITECTURES: readonly (readonly [RegExp, Family, string])[] = [
  [/^hrnet-w18-small-v1/, 'HRNet', 'HRNet W18-Small-v1'],
  [/^hrnet-w18-small-v2/, 'HRNet', 'HRNet W18-Small-v2'],
  [/^hrnet-w18/, 'HRNet', 'HRNet W18'],
  [/^hrnet-w48/, 'HRNet', 'HRNet W48'],
  [/^hrnet/, 'HRNet', 'HRNet'],
  [/^unet-small/, 'U-Net', 'U-Net (width 16)'],
  [/^unet/, 'U-Net', 'U-Net'],
  [/^segnet-small/, 'SegNet', 'SegNet (¼ of the channels)'],
  [/^segnet/, 'SegNet', 'SegNet'],
  [/^deeplab/, 'DeepLab', 'DeepLabv3+ (MobileNetV2)'],
];

export function titleOf(name: string): Title {
  const found = ARCHITECTURES.find(([pattern]) => pattern.test(name));
  return found ? { family: found[1], title: found[2] } : { family: 'other', title: name.replace(/-int8$/, '') };
}

/** The name that the fp32 and the int8 copy of a network share. */
export const pairOf = (name: string): string => name.replace(/-int8$/, '');
