/** The process's edge as commands see it; tests give their own. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborts when a person or the system wants the process to end (SIGINT, SIGTERM). */
  readonly stop: AbortSignal;
}

export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface Output {
  write(text: string): unknown;
  /** Whether a person looks at it. */
  readonly isTTY?: boolean;
}
