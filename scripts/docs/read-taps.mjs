// Reads the taps of the server from their source, with the sentence and the facts of each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** The source of all taps. */
export const TAPS = 'packages/naru/src/taps/taps.ts';

/** Returns the taps in the order of the source: `{ name, told, facts }`. A fact that may be absent ends with `?`. */
export function readTaps(root) {
  const text = readFileSync(join(root, TAPS), 'utf8');
  const { program, comments } = parseSync(TAPS, text);
  const shapes = new Map(
    program.body.filter(({ type }) => type === 'TSInterfaceDeclaration').map((node) => [node.id.name, node]),
  );
  return program.body.flatMap((node) => {
    const call = node.declaration?.declarations?.[0]?.init;
    if (call?.callee?.name !== 'tap') return [];
    const comment = comments.findLast(({ end }) => end <= node.start);
    const isOwn = comment !== undefined && text.slice(comment.end, node.start).trim() === '';
    return {
      name: call.arguments[0].value,
      told: isOwn ? textOf(comment.value) : '',
      facts: factsOf(call.typeArguments?.params[0], shapes),
    };
  });
}

function textOf(comment) {
  return comment
    .replace(/^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Returns the names of the properties of a type, those of its interfaces first. */
function factsOf(type, shapes) {
  switch (type?.type) {
    case 'TSIntersectionType':
      return type.types.flatMap((each) => factsOf(each, shapes));
    case 'TSTypeReference':
      return factsOfReference(type, shapes);
    case 'TSInterfaceDeclaration':
      return [
        ...type.extends.flatMap(({ expression }) => factsOf(shapes.get(expression.name), shapes)),
        ...membersOf(type.body.body),
      ];
    case 'TSTypeLiteral':
      return membersOf(type.members);
    default:
      throw new TypeError(`${TAPS} has facts of a type that this does not read: ${type?.type}`);
  }
}

/** Reads `Texts<'one' | 'other'>`, `Partial<...>`, or the name of an interface. */
function factsOfReference({ typeName: { name }, typeArguments }, shapes) {
  const [given] = typeArguments?.params ?? [];
  if (name === 'Texts') return (given.types ?? [given]).map(({ literal }) => literal.value);
  if (name === 'Partial') return factsOf(given, shapes).map((fact) => `${fact}?`);
  return factsOf(shapes.get(name), shapes);
}

const membersOf = (members) => members.map(({ key, optional }) => `${key.name}${optional ? '?' : ''}`);

/** Returns the table of taps. */
export function tapTable(taps) {
  const rows = taps.map(
    ({ name, told, facts }) => `| \`${name}\` | ${told} | ${facts.map((fact) => `\`${fact}\``).join(', ')} |`,
  );
  return ['| tap | told when | facts |', '|---|---|---|', ...rows].join('\n');
}
