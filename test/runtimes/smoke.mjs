// Runs the scenes in the runtime of this file. Writes a line of JSON for each, which scripts/test-runtimes.mjs reads.
import { Server } from '../../packages/naru/dist/esm/entry/index.js';
import { Skipped, Stage, scenes } from './scenes.mjs';

const SCENE_MS_MAX = 20_000;

async function play(run) {
  const stage = new Stage();
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not over after ${SCENE_MS_MAX / 1_000} s`)), SCENE_MS_MAX);
  });
  try {
    await Promise.race([run(stage), late]);
    await Promise.race([stage.close(), late]);
    return { outcome: 'ok' };
  } catch (error) {
    stage.close().catch(() => undefined);
    return { outcome: error instanceof Skipped ? 'skipped' : 'failed', note: String(error?.message ?? error) };
  } finally {
    clearTimeout(timer);
  }
}

const wanted = process.argv.slice(2);
console.log(JSON.stringify({ parts: new Server().engine.nodeInternals.parts }));
for (const [scene, run] of Object.entries(scenes))
  if (wanted.length === 0 || wanted.includes(scene)) console.log(JSON.stringify({ scene, ...(await play(run)) }));
process.exit(0);
