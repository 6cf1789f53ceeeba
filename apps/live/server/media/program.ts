/** Takes the streams of programs: `ffmpeg ... -f webm -method POST http://host/publish/<key>`. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { readSecret } from 'naru-apps-kit/server/readers.js';
import { LIMITS } from '../../shared/limits.js';
import type { StreamFault } from '../../shared/protocol.js';
import type { Studio } from '../broadcasts/studio.js';
import { broadcastOf, names } from '../people/names.js';
import type { World } from '../world.js';
import { WebmStream } from './webm.js';

/** The path of a request that publishes, up to the key. */
export const PUBLISH_PATH = '/publish/';

/** Answers a request that publishes. Returns false for other requests. */
export async function publish(world: World, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const path = request.url ?? '';
  if (!path.startsWith(PUBLISH_PATH)) return false;
  const key = readSecret(path.slice(PUBLISH_PATH.length));
  if (request.method !== 'POST' && request.method !== 'PUT') {
    refuse(request, response, 405, 'Publish with POST or PUT.');
  } else if (!key) {
    refuse(request, response, 404, 'The key has 32 hexadecimal digits. The page shows one.');
  } else {
    await receive(world, key, request, response);
  }
  return true;
}

async function receive(world: World, key: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = broadcastOf(key);
  const answer = (status: number, text: string): void => refuse(request, response, status, text);
  // Programs such as ffmpeg do not show the answer, so the page of the owner does.
  const close = (status: number, why: StreamFault): void => {
    if (!response.headersSent) world.tellOwner(id, why);
    answer(status, FAULTS[why]);
  };
  // A program does not know that another one took over, and would come back at once. So the first one stays.
  const isTaken = (): boolean => world.directory.get(id)?.isLost === false;
  if (isTaken()) return answer(409, FAULTS.taken);
  const { waitingPrograms, clock } = world;
  if (waitingPrograms.size >= LIMITS.broadcasts) return close(403, 'full');
  const waiting = { since: clock.steady(), heardAt: clock.steady(), stall: () => close(400, 'stalled') };
  waitingPrograms.set(request, waiting);
  let studio: Studio | undefined;
  const webm = new WebmStream(world.now, {
    // A program is on air from its first frame on, so that a body that is something else concerns nobody.
    async onBegin() {
      waitingPrograms.delete(request);
      if (isTaken()) answer(409, FAULTS.taken);
      if (response.headersSent) return false;
      const plan = { id, card: names.card(names.stub(key).seed), kind: 'program', qualities: ['high'] } as const;
      const begun = await world.begin(plan, {
        refuse: (why) => close(400, why),
        close: () => answer(200, 'The broadcast has ended.'),
      });
      if (typeof begun === 'string') close(403, begun === 'muted' ? 'muted' : 'full');
      else studio = begun;
      return studio !== undefined;
    },
    onFrame: (bytes) => studio !== undefined && world.take(studio, bytes) === undefined,
    onFault: (fault) => (studio ? world.fail(studio, fault) : close(400, fault)),
  });
  request.on('data', (bytes: Buffer) => {
    waiting.heardAt = clock.steady();
    webm.write(bytes);
  });
  request.on('close', () => {
    waitingPrograms.delete(request);
    webm.close();
    // Whether the stream was complete or broke off: the program may come back.
    void webm.done.then(() => studio && world.lose(studio));
  });
  request.on('end', () => {
    webm.close();
    void webm.done.then(async () => {
      if (!studio) close(400, 'bytes');
      else if (world.studioOf(id) === studio) await world.end(id, 'stopped');
    });
  });
}

/** Answers. Ends the connection if the rest of the body is not wanted. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return;
  if (request.complete) {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${text}\n`);
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${text}\n`, () => request.destroy());
}

const FAULTS: Readonly<Record<StreamFault, string>> = {
  bytes: 'The stream is not WebM, or a frame lies about itself.',
  size: 'A frame or a picture is too large.',
  codec: 'The stream needs pictures in VP8 or VP9, and sound in Opus.',
  key: 'Key frames are missing. Send one each second: -g 30 at 30 frames a second.',
  time: 'The timestamps fall, or run away from the clock. Files need -re before -i.',
  rate: 'The stream is too fast.',
  stalled: 'Nothing arrived for a while.',
  taken: 'Somebody is on air with this key.',
  full: 'The server has as many broadcasts as it can carry. Try again later.',
  muted: 'Several people reported this broadcast.',
};
