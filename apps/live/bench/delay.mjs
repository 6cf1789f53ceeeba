// Measures the delay in real Chromium: node apps/live/bench/delay.mjs [--viewers 3] [--seconds 20].
//
// One page is on air with Chromium's fake camera. A clock is drawn into each of its pictures before it is captured, and each second a
// flash and a tone begin together. The viewers read the clock off their canvas each time that the browser draws, and listen for the tone.
// The time to the first picture counts from the start of the navigation to the link.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { startServer } from './server.mjs';

const { chromium } = createRequire(import.meta.url)('playwright-core');
const { values } = parseArgs({
  options: { viewers: { type: 'string', default: '3' }, seconds: { type: 'string', default: '20' } },
});
const BITS = 24;

/** Replaces the camera: its pictures go through a canvas that adds the clock, and its sound is the tone. Runs in the page. */
function addClock(bits) {
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const camera = document.createElement('video');
    camera.srcObject = await getUserMedia(wish);
    camera.muted = true;
    await camera.play();
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const pen = canvas.getContext('2d');
    const context = new AudioContext();
    const [tone, gate] = [new OscillatorNode(context, { frequency: 1_000 }), new GainNode(context, { gain: 0 })];
    const target = context.createMediaStreamDestination();
    tone.connect(gate).connect(target);
    tone.start();
    let second = 0;
    const draw = () => {
      pen.drawImage(camera, 0, 0, 1280, 720);
      const now = Date.now();
      const isFlash = now % 1_000 < 120;
      if (isFlash && Math.floor(now / 1_000) !== second) {
        second = Math.floor(now / 1_000);
        gate.gain.setValueAtTime(0.8, context.currentTime);
        gate.gain.setValueAtTime(0, context.currentTime + 0.1);
      }
      const side = 1_280 / (bits + 2);
      for (let bit = 0; bit < bits; bit++) {
        pen.fillStyle = Math.floor(now / 2 ** bit) % 2 === 1 ? '#fff' : '#000';
        pen.fillRect(bit * side, 660, side + 1, 60);
      }
      pen.fillStyle = isFlash ? '#fff' : '#000';
      pen.fillRect(bits * side, 660, 2 * side, 60);
    };
    setInterval(draw, 1_000 / 30);
    const stream = canvas.captureStream(30);
    stream.addTrack(target.stream.getAudioTracks()[0]);
    return stream;
  };
}

/** Notes the first picture, the delay of each picture, and the flashes and tones. Runs in the page. */
function watchClock(bits) {
  const notes = { delays: [], flashes: [], tones: [] };
  globalThis.notes = notes;
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) listen(this, connect);
    return connect.call(this, to, ...rest);
  };
  function listen(node, join) {
    const { context } = node;
    const ear = new AnalyserNode(context, { fftSize: 2_048 });
    join.call(node, ear);
    const samples = new Float32Array(2_048);
    let wasLoud = false;
    setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      const onset = samples.findIndex((each) => Math.abs(each) > 0.1);
      if (onset >= 0 && !wasLoud) {
        const agoMs = ((samples.length - onset) / context.sampleRate) * 1_000;
        notes.tones.push(Date.now() - agoMs + (context.outputLatency || context.baseLatency) * 1_000);
      }
      wasLoud = onset >= 0;
    }, 8);
  }
  const small = Object.assign(document.createElement('canvas'), { width: bits + 2, height: 1 });
  const pen = small.getContext('2d', { willReadFrequently: true });
  let [last, wasFlash] = [-1, false];
  const look = () => {
    requestAnimationFrame(look);
    const picture = document.querySelector('.picture-on canvas');
    if (!picture) return;
    notes.first ??= performance.now();
    const { width, height } = picture;
    pen.drawImage(picture, 0, (height * 680) / 720, width, (height * 20) / 720, 0, 0, bits + 2, 1);
    const { data } = pen.getImageData(0, 0, bits + 2, 1);
    let value = 0;
    for (let bit = 0; bit < bits; bit++) if (data[bit * 4] > 128) value += 2 ** bit;
    const isFlash = data[bits * 4] > 128;
    if (isFlash && !wasFlash) notes.flashes.push(Date.now());
    wasFlash = isFlash;
    if (value === last) return;
    last = value;
    notes.delays.push((Date.now() - value + 2 ** bits) % 2 ** bits);
  };
  requestAnimationFrame(look);
}

const sorted = (list) => [...list].sort((one, other) => one - other);
const part = (list, share) => sorted(list)[Math.floor((list.length - 1) * share)] ?? Number.NaN;

if (!existsSync('/usr/bin/chromium')) throw new RangeError('/usr/bin/chromium is missing');
const server = await startServer('naru');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--use-fake-device-for-media-stream=fps=30',
    '--use-fake-ui-for-media-stream',
  ],
});
const open = async (hash, script) => {
  const page = await (await browser.newContext({ viewport: { width: 1_280, height: 800 } })).newPage();
  await page.addInitScript(script, BITS);
  await page.goto(`http://localhost:${server.port}/${hash}`);
  return page;
};
const air = await open('', addClock);
await air.locator('.start-camera').click();
const link = await air.locator('.copied-text').textContent();
await air.locator('.desk-bitrate').waitFor();
await new Promise((done) => setTimeout(done, 5_000));
const viewers = [];
for (let index = 0; index < Number(values.viewers); index++) {
  const viewer = await open(new URL(link).hash, watchClock);
  viewers.push(viewer);
  await viewer.locator('.sound-ask').click();
}
await new Promise((done) => setTimeout(done, Number(values.seconds) * 1_000));
for (const [index, viewer] of viewers.entries()) {
  const { first, delays, flashes, tones } = await viewer.evaluate(() => globalThis.notes);
  const skews = flashes.flatMap((flash) => {
    const near = tones.map((tone) => flash - tone).filter((skew) => Math.abs(skew) < 500);
    return near.length > 0 ? [Math.abs(part(near, 0.5))] : [];
  });
  const figures = await viewer.locator('.figures').textContent();
  console.log(
    `viewer ${index + 1}: first picture after ${Math.round(first)} ms; delay ${part(delays, 0.5)} ms in the median, ` +
      `${part(delays, 0.95)} ms at 95 % of ${delays.length} pictures; sound and picture ${Math.round(part(skews, 0.5))} ms apart ` +
      `in the median, ${Math.round(part(skews, 0.95))} ms at 95 % of ${skews.length}; ${figures}`,
  );
}
console.log(`the broadcaster: ${await air.locator('.desk dl').textContent()}`);
await browser.close();
await server.stop();
process.exit();
