import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import yazl from 'yazl';
import type { StoredFile, StoredFolder } from '../services.js';

/** Sends what jobs have made. */

/**
 * What a stored page may do in a browser: show itself. Results come from recordings that others made, and their page runs
 * under our origin: no script, no connection, no form.
 */
const STORED_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox";

/** Already compressed: trying again costs time and gains nothing. */
const COMPRESSED = /\.(png|jpe?g|mp4|mkv|mov|webm|zip|parquet)$/i;

interface SendOptions {
  /** Browsers save it rather than show it. */
  readonly download?: boolean;
  /** Nothing else will ever be there. */
  readonly immutable?: boolean;
}

/** The whole, or the part that the request names. Resolves when it is sent, or the client has gone. */
export async function sendFile(response: Response, file: StoredFile, options: SendOptions = {}): Promise<void> {
  const { path, name, contentType } = file;
  const { download = false, immutable = false } = options;
  response.set({
    'Cache-Control': immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
    'Content-Security-Policy': STORED_PAGE,
  });
  if (download) response.attachment(name);
  response.set('Content-Type', contentType);
  const sending = { root: dirname(path), dotfiles: 'allow', cacheControl: false } as const;
  const error = await new Promise<HttpError | undefined>((resolve) => {
    response.sendFile(basename(path), sending, (failure) => resolve(failure as HttpError | undefined));
  });
  if (error?.status === 416) {
    const { size } = await stat(path);
    response
      .status(416)
      .set({ 'Content-Range': `bytes */${size}`, 'Cache-Control': 'no-store' })
      .end();
  } else if (error && !response.destroyed) {
    throw error;
  }
}

interface HttpError extends Error {
  readonly status?: number;
}

/** A zip archive, made while it is sent: memory and disk stay as they are, however large the folder. */
export async function sendFolder(response: Response, { path, name }: StoredFolder): Promise<void> {
  const archive = new yazl.ZipFile();
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const root = dirname(path);
  for (const file of files.sort()) {
    archive.addFile(file, relative(root, file).replaceAll('\\', '/'), { compress: !COMPRESSED.test(file) });
  }
  archive.end();
  response.attachment(name);
  response.set({ 'Content-Type': 'application/zip', 'Cache-Control': 'no-store' });
  // A result that is removed while it is sent: the archive breaks off, which every reader notices.
  archive.on('error', (error) => response.destroy(error as Error));
  await pipeline(archive.outputStream, response).catch(() => {
    response.destroy();
  });
}
