import ts from 'typescript';

/** What `maskcast/client` offers, as its declarations say: every export with its comment, and what is amiss with them. */
export interface ClientReport {
  /** docs/client.md */
  readonly page: string;
  /** Exports, and public members of exported classes, without a comment. */
  readonly undocumented: readonly string[];
  /** Types that an export names but that nobody can import. */
  readonly unreachable: readonly string[];
}

const ENTRY = 'src/delivery/wire/client.ts';

const HEAD = `# The client library

What \`import … from 'maskcast/client'\` offers in JavaScript and TypeScript, in browsers and in Node. How to use it: [protocol](protocol.md). A change of
this page is a change of what is published.

<!-- Made by \`npm run docs:tables\` from ${ENTRY}. -->
`;

export function clientReport(): ClientReport {
  const checker = declarations();
  const exported = checker.exports();
  const names = new Set(exported.map(({ name }) => name));
  const entries = exported.map((symbol) => ({ name: symbol.name, declaration: checker.declarationOf(symbol) }));
  return {
    page: `${HEAD}\n${entries.map(({ name, declaration }) => entry(name, declaration)).join('\n')}`,
    undocumented: entries.flatMap(({ name, declaration }) => withoutComment(name, declaration)),
    unreachable: [...new Set(entries.flatMap(({ declaration }) => namedTypes(declaration, checker.isOurs)))].filter(
      (name) => !names.has(name),
    ),
  };
}

/** The declarations that `tsc` writes, in memory. */
function declarations() {
  const options: ts.CompilerOptions = {
    ...{
      declaration: true,
      emitDeclarationOnly: true,
      strict: true,
      skipLibCheck: true,
      outDir: '/declared',
      rootDir: 'src',
    },
    ...{
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    },
  };
  const written = new Map<string, string>();
  ts.createProgram([ENTRY], options).emit(undefined, (path, text) => written.set(path, text));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (path) => written.get(path) ?? readFile(path);
  host.fileExists = (path) => written.has(path) || fileExists(path);
  host.directoryExists = () => true;
  const { getSourceFile } = host;
  host.getSourceFile = (path, language, ...rest) => {
    const text = written.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language, true);
  };
  const entryPath = ENTRY.replace('src', '/declared').replace(/ts$/, 'd.ts');
  const program = ts.createProgram([entryPath], { ...options, noEmit: true }, host);
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(entryPath);
  const module = file && checker.getSymbolAtLocation(file);
  if (!module) throw new Error(`${ENTRY} has no declarations`);
  const resolved = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return {
    exports: () => checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1)),
    declarationOf(symbol: ts.Symbol): ts.Declaration {
      const [declaration] = resolved(symbol).declarations ?? [];
      if (!declaration) throw new Error(`${symbol.name} is declared nowhere`);
      return declaration;
    },
    /** Whether a name stands for something of this project, rather than of the language. */
    isOurs(name: ts.Node): boolean {
      const symbol = checker.getSymbolAtLocation(name);
      const [declaration] = (symbol && resolved(symbol).declarations) ?? [];
      return (
        declaration !== undefined &&
        !ts.isTypeParameterDeclaration(declaration) &&
        written.has(declaration.getSourceFile().fileName)
      );
    },
  };
}

/** The statement that holds a declaration: comments stand there. */
const statementOf = (declaration: ts.Declaration): ts.Node =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;

function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  if (!comment) return '';
  const lines = comment.getText().split('\n');
  return lines
    .map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)?\s?/, '').replace(/\s*\*\/$/, ''))
    .join('\n')
    .trim();
}

function entry(name: string, declaration: ts.Declaration): string {
  return `## \`${name}\`\n\n${commentOf(statementOf(declaration))}\n\n\`\`\`ts\n${signature(declaration)}\n\`\`\`\n`;
}

function signature(declaration: ts.Declaration): string {
  const text = statementOf(declaration)
    .getText()
    .replace(/^export (declare )?/, '');
  if (!ts.isClassDeclaration(declaration)) return text;
  const head = text.slice(0, text.indexOf('{') + 1);
  const members = publicMembers(declaration).map((member) => member.getFullText().replace(/^\n+/, ''));
  return [head, ...members, '}'].join('\n');
}

const publicMembers = ({ members }: ts.ClassDeclaration): readonly ts.ClassElement[] =>
  members.filter((member) => !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private));

function withoutComment(name: string, declaration: ts.Declaration): readonly string[] {
  const own = commentOf(statementOf(declaration)) === '' ? [name] : [];
  if (!ts.isClassDeclaration(declaration)) return own;
  const members = publicMembers(declaration).filter((member) => !ts.isConstructorDeclaration(member));
  const bare = members.filter((member) => commentOf(member) === '' && member.name !== undefined);
  return [...own, ...bare.map((member) => `${name}.${member.name?.getText()}`)];
}

function namedTypes(declaration: ts.Declaration, isOurs: (name: ts.Node) => boolean): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node) && isOurs(node.typeName)) found.push(node.typeName.getText());
    if (ts.isClassElement(node) && ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) return;
    ts.forEachChild(node, visit);
  };
  visit(statementOf(declaration));
  return found;
}
