/** Socket.IO events with one large argument: the frames that a client sends, and those that it gets. */
import { clientFrame, serverFrame } from './wire.mjs';

const SENTENCE = 'The ferry leaves the landing at dawn, and it waits for nobody...';

/**
 * An argument as it stands in the JSON of the event, its attachment if it has one, and the length that a listener sees.
 */
/** @typedef {{ json: string, attachment?: Buffer, length: number }} Content */

/** @type {Record<string, (bytes: number) => Content>} */
const CONTENTS = {
  text: (bytes) => ({ json: JSON.stringify(textOf(bytes)), length: bytes }),
  bytes: (bytes) => ({
    json: '{"_placeholder":true,"num":0}',
    attachment: Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index * 31) ^ (index >>> 8))),
    length: bytes,
  }),
  /** A page of a chat, whose JSON has exactly this many bytes. */
  json(bytes) {
    const items = [];
    let size = 2;
    for (let id = 100_000; size < bytes; id += 1) {
      const item = {
        id,
        from: `harbour-${id % 97}`,
        at: 1_795_341_600_000 + id,
        text: SENTENCE,
        isRead: id % 3 === 0,
        tags: ['north', 'ferry'],
      };
      const itemBytes = JSON.stringify(item).length + 1;
      // The last item is longer than the others by what is left.
      const left = bytes - size - itemBytes;
      if (left < itemBytes) item.text += textOf(left + 1);
      items.push(item);
      size += left < itemBytes ? itemBytes + left + 1 : itemBytes;
    }
    return { json: JSON.stringify(items), length: items.length };
  },
};

/** @param {number} bytes */
function textOf(bytes) {
  return SENTENCE.repeat(Math.ceil(bytes / SENTENCE.length)).slice(0, bytes);
}

/**
 * Returns the form `text`, `bytes` or `json` of an argument of `bytes` bytes.
 * @param {string} form
 * @param {number} bytes
 */
export function contentOf(form, bytes) {
  const content = CONTENTS[form]?.(bytes);
  if (content === undefined) throw new RangeError(`a large message has no form "${form}"`);
  return content;
}

/**
 * Returns the frames of an event as a client sends it. `id` asks for an acknowledgement. @param {string} name @param
 * {Content} content @param {number | ''} [id]
 */
export function sentFrames(name, content, id = '') {
  return framesOf(clientFrame, name, content, id);
}

/** Returns the frames of an event as a client gets it. @param {string} name @param {Content} content */
export function receivedFrames(name, content) {
  return framesOf(serverFrame, name, content, '');
}

/**
 * @param {(content: string | Buffer, opcode?: number) => Buffer} frame
 * @param {string} name
 * @param {Content} content
 * @param {number | ''} id
 */
function framesOf(frame, name, { json, attachment }, id) {
  const text = frame(`4${attachment === undefined ? 2 : '51-'}${id}["${name}",${json}]`);
  return attachment === undefined ? text : Buffer.concat([text, frame(attachment, 2)]);
}
