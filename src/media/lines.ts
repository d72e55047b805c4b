/** Longer lines are cut: no message that anybody reads is longer, and a broken stream must not fill memory. */
const MAX_LINE = 4096;

/** Cuts text into lines. In: chunks of any size. Out: lines without their ends; `\r` ends a line as `\n` does. */
export class LineSplitter {
  private rest = '';
  private readonly decoder = new TextDecoder();

  push(chunk: Uint8Array): string[] {
    const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split(/[\r\n]+/);
    this.rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    return lines.filter((line) => line !== '').map((line) => line.slice(0, MAX_LINE));
  }

  /** The last line, where it had no end. */
  flush(): string[] {
    const rest = this.rest;
    this.rest = '';
    return rest === '' ? [] : [rest];
  }
}
