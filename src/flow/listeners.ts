/** Listeners of one kind of event. A listener that throws hurts neither the others nor the emitter. */
export class Listeners<Event> {
  private readonly set = new Set<(event: Event) => void>();

  constructor(private readonly onError: (error: unknown) => void = () => {}) {}

  add(listener: (event: Event) => void): () => void {
    this.set.add(listener);
    return () => this.set.delete(listener);
  }

  emit(event: Event): void {
    for (const listener of [...this.set]) {
      try {
        listener(event);
      } catch (error) {
        this.onError(error);
      }
    }
  }

  get size(): number {
    return this.set.size;
  }
}
