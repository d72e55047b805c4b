/**
 * Closes parents before their children, one after the other. Always holds: every step is taken, whatever those before it came to, so that
 * nothing stays open because something else failed.
 * @throws what the first step failed with, when all have been taken
 */
export async function closeInOrder(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of steps) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
