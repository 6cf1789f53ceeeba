/** Checks names: words that say nothing are not used. */
import type { Node } from 'oxc-parser';
import { type Finding, finding, type Rule, type Source, walk } from './source.js';

const banned =
  /^(handle[ds]?|handling|process(es|ed|ing|or)?|manage[ds]?|managing|managers?|utils?|utility|utilities|helpers?|common|misc)$/;

/** Names from Socket.IO and Node that we keep because other code calls them. */
const kept: ReadonlySet<string> = new Set(['handleRequest', 'handleUpgrade', 'process']);

/** Paths that have or mention Socket.IO's public `Manager`. The word does not name anything else. */
const clientPaths = /^(packages\/naru\/src\/client|packages\/\w+\/test|test|bench)\//;

/** The words of a name: `camelCase`, `PascalCase`, `kebab-case`, `SNAKE_CASE`. */
function words(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/);
}

/** Returns the banned word in a name, or undefined. `path` is the file of the name. */
export function findBanned(name: string, path: string): string | undefined {
  if (kept.has(name)) return undefined;
  // CommonJS is a kind of module.
  const found = words(name.replace(/common-?js/gi, 'cjs')).filter((word) => banned.test(word));
  return found.find((word) => !(word.startsWith('manager') && clientPaths.test(path)));
}

/** A file called "stage" is named after its use instead of its content. */
const vague = /(?:^|[/-])stage\.\w+$/;

/** No file, folder, function, class, variable, member or type is named by a banned word. */
export const holdNames: Rule = (source) => {
  const findings: Finding[] = [];
  const word = findBanned(source.path.replace(/\.[^/]*$/, ''), source.path);
  if (word !== undefined) findings.push(finding(source, 0, `'${word}' in the name of a file or folder`));
  if (vague.test(source.path)) findings.push(finding(source, 0, "'stage' in the name of a file says nothing about it"));
  walk(source.program, (node, parent) => {
    for (const name of declared(node, parent)) {
      const found = findBanned(name.name, source.path);
      if (found !== undefined) findings.push(finding(source, name.start, `'${found}' in the name ${name.name}`));
    }
  });
  return findings;
};

interface Name {
  readonly name: string;
  readonly start: number;
}

/**
 * Returns the names that `node` declares. Names taken over from elsewhere (imports, shorthand destructuring) are not
 * ours.
 */
function declared(node: Node, parent: Node | undefined): Name[] {
  switch (node.type) {
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return [...named(node.id), ...node.params.flatMap((each) => named(bound(each as Node)))];
    case 'ClassDeclaration':
    case 'ClassExpression':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'VariableDeclarator':
      return named(node.id);
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'AccessorProperty':
      // The name of an overriding or implementing method is given.
      return node.override ? [] : named(node.key);
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return named(node.key);
    case 'Property':
      return parent?.type === 'ObjectPattern' && !node.shorthand ? named(bound(node.value)) : [];
    default:
      return [];
  }
}

function bound(node: Node): Node {
  if (node.type === 'AssignmentPattern') return bound(node.left);
  if (node.type === 'RestElement') return bound(node.argument);
  return node;
}

function named(node: Node | null | undefined): Name[] {
  return node?.type === 'Identifier' || node?.type === 'PrivateIdentifier' ? [node] : [];
}

/** Names with an underscore that are called by code written for Socket.IO and Node. */
const underscored: ReadonlySet<string> = new Set(['_close', '_nsps', '_query']);

/** Private members are `#private`, so nothing else is named `_x`. */
export const holdPrivate: Rule = (source: Source) => {
  const findings: Finding[] = [];
  walk(source.program, (node) => {
    if (node.type !== 'MethodDefinition' && node.type !== 'PropertyDefinition') return;
    // The name of an overriding member, such as a stream's `_read`, is given by Node.
    if (node.override) return;
    const [name] = named(node.key);
    if (name?.name.startsWith('_') && !underscored.has(name.name))
      findings.push(finding(source, name.start, `${name.name} should be a #private member`));
  });
  return findings;
};
