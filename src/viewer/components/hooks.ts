import { effect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { ClassInfo } from '../../core/model.js';
import type { CompareMode } from '../lib/layout.js';
import { type Look, Screen } from '../render/screen.js';
import type { LiveStream } from '../state/live-stream.js';
import { acquire, release } from '../state/live-streams.js';
import { announce } from '../state/notices.js';
import { overlayStyle, reference } from '../state/preferences.js';

/** The connection of a stream for as long as the component is on screen. */
export function useLiveStream(id: string): LiveStream | undefined {
  const [stream, setStream] = useState<LiveStream>();
  useEffect(() => {
    const acquired = acquire(id);
    setStream(acquired);
    return () => release(acquired);
  }, [id]);
  return stream?.id === id ? stream : undefined;
}

const NO_CLASSES: readonly ClassInfo[] = [];

/** How a stream is to be drawn now; reads signals. */
export function lookOf(stream: LiveStream, mode: CompareMode, wipe: number): Look {
  const model = stream.hello.value?.model;
  const classes = model?.classes ?? NO_CLASSES;
  return { classes, style: overlayStyle(model?.name ?? '', classes), mode, wipe, reference: reference.value };
}

/**
 * A screen on `canvas`, fitted into `box`, that shows `stream` while `active`. `look` reads signals and is applied again
 * whenever they change.
 */
export function useScreen(
  stream: LiveStream | undefined,
  active: boolean,
  canvas: RefObject<HTMLCanvasElement | null>,
  box: RefObject<HTMLElement | null>,
  look: (stream: LiveStream) => Look,
): Screen | undefined {
  const [screen, setScreen] = useState<Screen>();
  useEffect(() => {
    if (!canvas.current || !box.current) return;
    const made = new Screen(canvas.current, box.current);
    setScreen(made);
    return () => made.close();
  }, [canvas, box]);
  useEffect(() => {
    if (!screen || !stream) return;
    return effect(() => {
      screen.look = look(stream);
    });
  }, [screen, stream]);
  useEffect(() => {
    if (screen && stream && active) return stream.attach(screen);
  }, [screen, stream, active]);
  return screen;
}

/** Whether the element is near what the person sees. */
export function useOnScreen(element: RefObject<HTMLElement | null>): boolean {
  const [visible, setVisible] = useState(true);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver((entries) => setVisible(entries.some((entry) => entry.isIntersecting)), {
      rootMargin: '120px',
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return visible;
}

/** Tells screen readers when the stream's state changes; never what it is at first, and nothing with every frame. */
export function useStateAnnouncement(stream: LiveStream | undefined, name: string): void {
  useEffect(() => {
    if (!stream) return;
    let last: string | undefined;
    return effect(() => {
      const { key, label, detail } = stream.view.value;
      // Opening is no news; a state that lasts is said once, however its sentence counts the seconds.
      if (last !== undefined && last !== key) announce(`${name}: ${label}. ${detail ?? ''}`);
      last = key;
    });
  }, [stream, name]);
}
