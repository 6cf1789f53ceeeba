/** A Python program that uses only the standard library. */
import { expect, it } from 'vitest';
import { nextSocket, openStage } from '../../kit/clients/plain-events.js';
import { describeWith, PYTHON, start } from './programs.js';

const READER = `
import json, sys, urllib.request
url = sys.argv[1]
body = json.dumps({"event": "say", "args": ["hi from python"]}).encode()
request = urllib.request.Request(url, headers={"Accept": "application/x-ndjson"})
with urllib.request.urlopen(request) as stream:
    stream.readline()
    post = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(post) as answer:
        print(answer.status, answer.read().decode().strip(), flush=True)
    for line in stream:
        if line.strip():
            event = json.loads(line)
            print(event["event"], event["args"], flush=True)
`;

describeWith(PYTHON, 'urllib of Python', () => {
  it('reads lines and publishes', async () => {
    const { io, url } = await openStage();
    const entered = nextSocket(io);
    const { child, said } = start(PYTHON, ['-c', READER, `${url}/events/lobby`]);
    const socket = await entered;
    await expect.poll(said, { timeout: 10_000 }).toBe('202 {"published":1}\nsay [\'hi from python\']\n');
    socket.emit('bye');
    socket.disconnect(true);
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(said()).toMatch(/bye \[\]\nnaru:disconnect \['server namespace disconnect'\]\n$/);
  });
});
