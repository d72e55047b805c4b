import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import yazl from 'yazl';
import type { StoredArchive, StoredFile, StoredFolder } from '../services.js';

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

/** A folder as a zip archive. */
export async function sendFolder(response: Response, { path, name }: StoredFolder): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const root = dirname(path);
  const named = files.sort().map((file) => ({ name: relative(root, file).replaceAll('\\', '/'), from: file }));
  await sendArchive(response, { name, files: named });
}

/** A zip archive, made while it is sent: memory and disk stay as they are, however large it is. */
export async function sendArchive(response: Response, { name, files }: StoredArchive): Promise<void> {
  response.attachment(name);
  response.set({ 'Content-Type': 'application/zip', 'Cache-Control': 'no-store' });
  if (response.req.method === 'HEAD') return void response.end();
  const archive = new yazl.ZipFile();
  // A result that is removed while it is sent: the archive breaks off, which every reader notices.
  archive.on('error', (error) => response.destroy(error as Error));
  let content: Readable | undefined;
  response.once('close', () => content?.destroy());
  const sent = pipeline(archive.outputStream, response).catch(() => {
    response.destroy();
  });
  try {
    for await (const file of files) {
      if (response.destroyed) break;
      // Opened when its turn comes: thousands of files at once would hold up all others' reading and writing.
      archive.addReadStreamLazy(file.name, { compress: !COMPRESSED.test(file.name) }, (take) => {
        content = 'from' in file ? createReadStream(file.from) : Readable.from(file.text);
        content.once('error', (error) => response.destroy(error));
        take(null, content);
      });
    }
    archive.end();
  } catch (error) {
    // The answer has begun: all that can be said is that it is not whole.
    response.destroy(error as Error);
  }
  await sent;
}
