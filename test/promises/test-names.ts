/** Reads the names of the tests in a module, without running it. */
import type { Argument, Expression, Node } from 'oxc-parser';
import { type Source, walk } from '../tidy/source.js';

/**
 * Returns the full name of each test of a module: the names of its groups and its own, with spaces between them, as
 * `vitest -t` compares them. A computed part of a name is an asterisk, and so is a placeholder of `each`.
 */
export function listTestNames(source: Source): string[] {
  const names: string[] = [];
  const groups: { readonly name: string; readonly end: number }[] = [];
  walk(source.program, (node: Node) => {
    if (node.type !== 'CallExpression') return;
    const kind = rootOf(node.callee);
    const name = nameOf(node.arguments[0]);
    if (name === undefined || !/^(?:describe|it|test)$/.test(kind)) return;
    while (groups.length > 0 && (groups.at(-1)?.end ?? 0) < node.start) groups.pop();
    if (kind === 'describe') groups.push({ name, end: node.end });
    else names.push([...groups.map((group) => group.name), name].join(' '));
  });
  return names;
}

function nameOf(argument: Argument | undefined): string | undefined {
  if (argument?.type === 'Literal' && typeof argument.value === 'string') return withoutPlaceholders(argument.value);
  if (argument?.type === 'TemplateLiteral')
    return withoutPlaceholders(argument.quasis.map(({ value }) => value.cooked ?? '').join('*'));
  return undefined;
}

/** Replaces `%s` and `$name` of `each` by asterisks. */
function withoutPlaceholders(name: string): string {
  return name.replace(/%[sdifjo#]|\$[a-z][\w.]*/gi, '*');
}

/** Returns the first name of a chain such as `it.each(rows)`. */
function rootOf(callee: Expression): string {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return rootOf(callee.object);
  return callee.type === 'CallExpression' ? rootOf(callee.callee) : '';
}
