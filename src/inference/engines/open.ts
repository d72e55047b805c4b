import type { SessionSettings } from '../session-protocol.js';
import type { EngineSession } from './engine.js';

/**
 * Loads a network in the engine that the settings name; the other one's libraries stay on the disk.
 * @param title what to call the network in errors
 * @throws MaskcastError MODEL_INVALID; CONFIG_INVALID or ENGINE_UNAVAILABLE where what the settings ask for isn't there
 */
export async function openEngine(modelPath: string, title: string, settings: SessionSettings): Promise<EngineSession> {
  if (settings.engine === 'onnxruntime') {
    const { openOnnxruntime } = await import('./onnxruntime.js');
    return openOnnxruntime(modelPath, title, settings);
  }
  const { openOpenvino } = await import('./openvino/session.js');
  return openOpenvino(modelPath, title, settings);
}
