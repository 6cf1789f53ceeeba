// Reads the doc comments of options, from a table such as `options('tcp', { ... })` or from an interface.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** Returns the text of a doc comment without its stars, as one line. */
function readComment(value) {
  return value
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, '').trim())
    .join(' ')
    .trim();
}

/** Splits a doc comment into its text and its `@default`. */
function splitDefault(text) {
  const [doc, value] = text.split(/\s*@default\s+/);
  return { doc: doc.trim(), default: value?.trim() ?? '' };
}

/** Returns the members of an interface, or the properties of the object in a table. */
function membersOf(declaration, name) {
  if (declaration?.type === 'TSInterfaceDeclaration' && declaration.id.name === name) return declaration.body.body;
  const { id, init } = declaration?.declarations?.[0] ?? {};
  return id?.name === name ? init?.arguments?.find(({ type }) => type === 'ObjectExpression')?.properties : undefined;
}

/** Returns every option that `name` in `file` declares, with its comment, in order. Only an interface gives types. */
export function readOptions(root, file, name) {
  const text = readFileSync(join(root, file), 'utf8');
  const { program, comments } = parseSync(file, text);
  const members = program.body.map((node) => membersOf(node.declaration, name)).find((each) => each !== undefined);
  if (members === undefined) throw new Error(`${file} has no options ${name}`);
  return members.map((member) => {
    const comment = comments.findLast(({ end }) => end <= member.start);
    const isOwn = comment !== undefined && text.slice(comment.end, member.start).trim() === '';
    const annotation = member.typeAnnotation?.typeAnnotation;
    return {
      name: member.key.name,
      type: annotation === undefined ? '' : text.slice(annotation.start, annotation.end).replace(/\s+/g, ' '),
      ...splitDefault(isOwn ? readComment(comment.value) : ''),
    };
  });
}
