/** Work that must not overlap: what is asked for under one key runs one after the other, in the order in which it was asked for. */
export class Turns {
  private readonly last = new Map<string, Promise<void>>();

  /** Settles as `work` does; a failure holds up nobody behind it. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(key) ?? Promise.resolve()).then(work);
    const over: Promise<void> = turn
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        if (this.last.get(key) === over) this.last.delete(key);
      });
    this.last.set(key, over);
    return turn;
  }
}
