/** Results that players ask for again and again; those of the last few jobs are in memory. */
const KEPT = 4;

/** Remembers what `load` gave for the last keys. A failure is not remembered. */
export class Remembered<Value> {
  private readonly values = new Map<string, Promise<Value>>();

  constructor(private readonly load: (key: string) => Promise<Value>) {}

  get(key: string): Promise<Value> {
    const value = this.values.get(key) ?? this.load(key);
    this.values.delete(key);
    this.values.set(key, value);
    value.catch(() => {
      if (this.values.get(key) === value) this.values.delete(key);
    });
    const [oldest] = this.values.keys();
    if (this.values.size > KEPT && oldest !== undefined) this.values.delete(oldest);
    return value;
  }
}
