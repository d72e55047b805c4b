import type { Size } from '../../core/geometry.js';
import type { ClassInfo } from '../../core/model.js';
import { panes, type Rect } from '../lib/layout.js';
import { paletteBytes } from '../lib/palette.js';
import type { Compositor, Drawable, DrawJob } from './compositor.js';
import { FRAGMENT_SHADER, VERTEX_SHADER } from './shaders.js';

const UNIFORMS = [
  'picture',
  'mask',
  'palette',
  'confidence',
  'maskSize',
  'pixelsPerLabel',
  'fillOpacity',
  'outlineWidth',
  'rawUntil',
  'heat',
] as const;

type Uniforms = Readonly<Record<(typeof UNIFORMS)[number], WebGLUniformLocation | null>>;

const UNITS = { picture: 0, mask: 1, palette: 2, confidence: 3 } as const;

/** Draws with WebGL 2: the mask as an R8UI texture, its colours as a palette texture, one pass; see `shaders.ts`. */
export class WebglCompositor implements Compositor {
  readonly kind = 'webgl2';
  readonly #canvas: OffscreenCanvas;
  readonly #gl: WebGL2RenderingContext;
  readonly #uniforms: Uniforms;
  /** What the textures hold now. */
  #frame: Drawable | undefined;
  #maskSize: Size = { width: 0, height: 0 };
  #classes: readonly ClassInfo[] | undefined;
  #hidden: ReadonlySet<number> | undefined;

  /** `undefined` where the browser has no WebGL 2, or, unless `emulated` is allowed, no graphics card to run it. */
  static create(options: { readonly emulated: boolean; readonly onLost: () => void }): WebglCompositor | undefined {
    if (typeof OffscreenCanvas === 'undefined') return undefined;
    const canvas = new OffscreenCanvas(16, 16);
    const gl = canvas.getContext('webgl2', {
      alpha: false,
      antialias: false,
      depth: false,
      stencil: false,
      powerPreference: 'low-power',
      failIfMajorPerformanceCaveat: !options.emulated,
    });
    if (!gl) return undefined;
    if (!options.emulated && isEmulated(gl)) return undefined;
    canvas.addEventListener('webglcontextlost', options.onLost, { once: true });
    return new WebglCompositor(canvas, gl);
  }

  private constructor(canvas: OffscreenCanvas, gl: WebGL2RenderingContext) {
    this.#canvas = canvas;
    this.#gl = gl;
    const program = linkProgram(gl);
    gl.useProgram(program);
    this.#uniforms = Object.fromEntries(
      UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]),
    ) as unknown as Uniforms;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    for (const [name, unit] of Object.entries(UNITS)) {
      const filter = name === 'picture' || name === 'confidence' ? gl.LINEAR : gl.NEAREST;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      gl.uniform1i(this.#uniforms[name as keyof typeof UNITS], unit);
    }
  }

  draw(job: DrawJob): CanvasImageSource {
    const gl = this.#gl;
    if (gl.isContextLost()) throw new Error('the graphics context is lost');
    // The drawing buffer only grows and shrinks with what is drawn; assigning the same size would clear and reallocate it.
    if (this.#canvas.width !== job.size.width) this.#canvas.width = job.size.width;
    if (this.#canvas.height !== job.size.height) this.#canvas.height = job.size.height;
    this.#loadFrame(job.frame);
    this.#loadPalette(job.classes, job.style.hidden);

    const { raw, overlay } = panes(job.size, job.mode, job.stacked);
    const { message, planes } = job.frame;
    const { style } = job;
    gl.uniform2f(this.#uniforms.maskSize, message.maskSize.width, message.maskSize.height);
    gl.uniform1f(this.#uniforms.pixelsPerLabel, overlay.width / message.maskSize.width);
    gl.uniform1f(this.#uniforms.fillOpacity, style.fill ? style.opacity : 0);
    gl.uniform1f(this.#uniforms.outlineWidth, style.outline ? job.outlineWidth : 0);
    gl.uniform1i(this.#uniforms.heat, style.confidence && planes.confidence !== undefined ? 1 : 0);
    if (raw) this.#fill(raw, job.size, 2);
    this.#fill(overlay, job.size, job.mode === 'wipe' ? job.wipe : 0);
    return this.#canvas;
  }

  #fill(rect: Rect, canvas: Size, rawUntil: number): void {
    const gl = this.#gl;
    gl.viewport(rect.x, canvas.height - rect.y - rect.height, rect.width, rect.height);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(rect.x, canvas.height - rect.y - rect.height, rect.width, rect.height);
    gl.uniform1f(this.#uniforms.rawUntil, rawUntil);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #loadFrame(frame: Drawable): void {
    if (this.#frame === frame) return;
    const gl = this.#gl;
    const { width, height } = frame.message.maskSize;
    gl.activeTexture(gl.TEXTURE0 + UNITS.picture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE, frame.bitmap);
    const confidence = frame.planes.confidence;
    const grown = this.#maskSize.width !== width || this.#maskSize.height !== height;
    gl.activeTexture(gl.TEXTURE0 + UNITS.mask);
    const { labels } = frame.planes;
    if (grown) gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, width, height, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, labels);
    else gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RED_INTEGER, gl.UNSIGNED_BYTE, labels);
    gl.activeTexture(gl.TEXTURE0 + UNITS.confidence);
    if (grown) gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, width, height, 0, gl.RED, gl.UNSIGNED_BYTE, null);
    if (confidence) gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, gl.RED, gl.UNSIGNED_BYTE, confidence);
    this.#maskSize = { width, height };
    this.#frame = frame;
  }

  #loadPalette(classes: readonly ClassInfo[], hidden: ReadonlySet<number>): void {
    if (this.#classes === classes && this.#hidden === hidden) return;
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE0 + UNITS.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, paletteBytes(classes, hidden));
    this.#classes = classes;
    this.#hidden = hidden;
  }

  close(): void {
    this.#frame = undefined;
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function linkProgram(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error('the graphics context is lost');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
      throw new Error(`a shader does not compile: ${gl.getShaderInfoLog(shader)}`);
    }
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`the shaders do not link: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

/** Browsers that draw on the processor don't always own up to it when asked with `failIfMajorPerformanceCaveat`. */
function isEmulated(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return /swiftshader|llvmpipe|softpipe|swrast|software|basic render/i.test(renderer);
}
