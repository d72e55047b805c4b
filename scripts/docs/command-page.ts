import type { Command, Option } from 'commander';
import { createProgram } from '../../src/cli/program.js';

const HEAD = `# Commands

What \`maskcast --help\` says, in one place. \`npx maskcast\` runs it from a checkout. Exit codes: 0 fine, 1 failed, 2 wrong usage; [errors](errors.md)
explains the code in brackets at the end of a message.

<!-- Made by \`npm run docs:tables\` from src/cli/. -->
`;

/** docs/commands.md. Pure. */
export function commandPage(): string {
  const output = { write: () => {} };
  const context = { terminal: { stdout: output, stderr: output }, env: {}, stop: new AbortController().signal };
  const program = createProgram(context);
  return `${HEAD}\n${leaves(program, '').map(describe).join('\n')}`;
}

interface Leaf {
  readonly command: Command;
  readonly name: string;
}

function leaves(command: Command, above: string): Leaf[] {
  const name = `${above}${command.name()}`;
  if (command.commands.length === 0) return [{ command, name }];
  return command.commands.flatMap((child) => leaves(child, `${name} `));
}

function describe({ command, name }: Leaf): string {
  const usage = command.registeredArguments.map((argument) => {
    const dots = argument.variadic ? '…' : '';
    return argument.required ? `<${argument.name()}${dots}>` : `[${argument.name()}${dots}]`;
  });
  const rows = [
    ...command.registeredArguments.map((argument) => `| \`${argument.name()}\` | ${cell(argument.description)} |`),
    ...command.options.map((option) => `| \`${option.flags}\` | ${cell(wording(option))} |`),
  ];
  const table = rows.length === 0 ? '' : `\n| argument or option | meaning |\n|---|---|\n${rows.join('\n')}\n`;
  return `## \`${[name, ...usage].join(' ')}\`\n\n${sentence(command.description())}\n${table}`;
}

function wording({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices ? ` (one of ${argChoices.join(', ')})` : '';
  const preset =
    typeof defaultValue === 'string' || typeof defaultValue === 'number' ? `; default: ${defaultValue}` : '';
  return `${description}${choices}${preset}`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
