/** Gives up what the server does not answer: a request, its answer's body included. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout>;

  /** @param outer aborts it, too */
  constructor(
    limit: number,
    private readonly outer?: AbortSignal,
  ) {
    this.timer = setTimeout(this.abort, limit);
    if (outer?.aborted) this.abort();
    outer?.addEventListener('abort', this.abort);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The answer is there. */
  met(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.abort);
  }

  private readonly abort = (): void => this.controller.abort();
}
