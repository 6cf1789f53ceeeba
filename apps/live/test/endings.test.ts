import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Data, goOnAir, Node } from './live-node.js';

let data: Data;
let nodes: Node[];

beforeEach(() => {
  data = new Data();
  nodes = [];
});

afterEach(async () => {
  for (const node of nodes) await node.stop();
  data.remove();
});

async function start(rules: Parameters<typeof Node.start>[1] = {}): Promise<Node> {
  const node = await Node.start(data, rules);
  nodes.push(node);
  return node;
}

describe('a broadcast', () => {
  it('goes on while its broadcaster is there, however short it would wait for a lost one', async () => {
    const [one, two] = [await start({ graceMs: 500 }), await start({ graceMs: 500 })];
    const ann = await one.page(1);
    const id = await goOnAir(ann, 9);
    for (const node of [one, two]) {
      node.aheadMs = 4_000;
      await node.world.tick();
      expect(node.world.onAir(id)).toMatchObject({ isLost: false });
    }
    ann.page.disconnect();
    await expect.poll(() => one.world.onAir(id)?.isLost).toBe(true);
    await one.world.tick();
    expect(one.world.onAir(id)).toBeUndefined();
  });
});
