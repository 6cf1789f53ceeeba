// Reads the options out of the interfaces that declare them: name, type, what it does, default.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** The text of a doc comment without its stars, as one line. */
function readComment(value) {
  return value
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, '').trim())
    .join(' ')
    .trim();
}

/** Splits a doc comment into what it says and its `@default`. */
function splitDefault(text) {
  const [doc, value] = text.split(/\s*@default\s+/);
  return { doc: doc.trim(), default: value?.trim() ?? '' };
}

/** Every option of the interface `name` in `file`, in the order in which they are declared. */
export function readOptions(root, file, name) {
  const text = readFileSync(join(root, file), 'utf8');
  const { program, comments } = parseSync(file, text);
  const declared = program.body.map((node) => node.declaration).find((node) => node?.id?.name === name);
  if (declared?.type !== 'TSInterfaceDeclaration') throw new Error(`${file} has no interface ${name}`);
  return declared.body.body.map((member) => {
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
