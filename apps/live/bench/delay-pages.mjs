// The scripts of delay.mjs that run in the pages, before anything else there.

/** Adds the clock to the pictures of the camera, and replaces its sound by the tone. */
export function addClock(bits) {
  globalThis.notes = { clocks: [] };
  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const [track] = (await getUserMedia(wish)).getVideoTracks();
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 2 });
    const drawn = new MediaStreamTrackGenerator({ kind: 'video' });
    const context = new AudioContext();
    const [tone, gate] = [new OscillatorNode(context, { frequency: 1_000 }), new GainNode(context, { gain: 0 })];
    const target = context.createMediaStreamDestination();
    tone.connect(gate).connect(target);
    tone.start();
    setInterval(() => globalThis.notes.clocks.push([performance.now(), context.currentTime * 1_000]), 1_000);
    // In a worker, so that the measurement leaves the page as idle as it is with a camera.
    const worker = new Worker(URL.createObjectURL(new Blob([`(${drawClock})(${bits})`])));
    worker.onmessage = () => {
      gate.gain.setValueAtTime(0.8, context.currentTime);
      gate.gain.setValueAtTime(0, context.currentTime + 0.1);
    };
    worker.postMessage({ readable, writable: drawn.writable }, [readable, drawn.writable]);
    return new MediaStream([drawn, ...target.stream.getAudioTracks()]);
  };

  /** Runs in the worker. It writes the clock into the bytes of each picture, and tells the page of each flash. */
  function drawClock(count) {
    let second = 0;
    const transform = async (picture, out) => {
      const { format, timestamp } = picture;
      const { width: codedWidth, height: codedHeight } = picture.visibleRect;
      const bytes = new Uint8Array(picture.allocationSize());
      const [luma, ...colours] = await picture.copyTo(bytes);
      picture.close();
      const now = Date.now();
      const isFlash = now % 1_000 < 120;
      if (isFlash && Math.floor(now / 1_000) !== second) {
        second = Math.floor(now / 1_000);
        globalThis.postMessage('flash');
      }
      const first = codedHeight - Math.round(codedHeight / 12);
      const side = codedWidth / (count + 2);
      const line = new Uint8Array(codedWidth);
      for (let x = 0; x < codedWidth; x++) {
        const bit = Math.floor(x / side);
        const isOn = bit < count ? Math.floor(now / 2 ** bit) % 2 === 1 : isFlash;
        line[x] = isOn ? 235 : 16;
      }
      for (let y = first; y < codedHeight; y++) bytes.set(line, luma.offset + y * luma.stride);
      for (const { offset, stride } of colours) {
        bytes.fill(128, offset + Math.floor(first / 2) * stride, offset + (codedHeight / 2) * stride);
      }
      const layout = [luma, ...colours];
      out.enqueue(new VideoFrame(bytes, { format, codedWidth, codedHeight, timestamp, layout }));
    };
    globalThis.onmessage = ({ data: { readable, writable } }) => {
      void readable.pipeThrough(new TransformStream({ transform })).pipeTo(writable);
    };
  }
}

/** Notes the first picture, a still or a frame, the delay of each picture, its stages, and the flashes and tones. */
export function watchClock(bits) {
  const notes = {
    delays: [],
    flashes: [],
    tones: [],
    start: {},
    pictures: [],
    sounds: [],
    latency: [],
    clocks: [],
    told: [],
  };
  globalThis.notes = notes;
  const now = () => performance.timeOrigin + performance.now();
  noteStages();
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) listen(this, connect);
    return connect.call(this, to, ...rest);
  };
  const small = Object.assign(document.createElement('canvas'), { width: bits + 2, height: 1 });
  const pen = small.getContext('2d', { willReadFrequently: true });
  let [last, wasFlash, drawn, said] = [-1, false, 0];
  requestAnimationFrame(look);

  function listen(node, join) {
    const { context } = node;
    const ear = new AnalyserNode(context, { fftSize: 2_048 });
    join.call(node, ear);
    const samples = new Float32Array(2_048);
    let wasLoud = false;
    setInterval(() => notes.clocks.push([performance.now(), context.currentTime * 1_000]), 1_000);
    setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      const onset = samples.findIndex((each) => Math.abs(each) > 0.1);
      if (onset >= 0 && !wasLoud) {
        const agoMs = ((samples.length - onset) / context.sampleRate) * 1_000;
        const latencyMs = (context.outputLatency || context.baseLatency) * 1_000;
        notes.latency.push(latencyMs);
        notes.tones.push(Date.now() - agoMs + latencyMs);
      }
      wasLoud = onset >= 0;
    }, 8);
  }

  /** Reads the clock off the canvas, if the page has drawn since the last time. */
  function look() {
    requestAnimationFrame(look);
    compare();
    const picture = document.querySelector('.picture-on canvas');
    if (!picture) return;
    notes.first ??= performance.now();
    if (drawn === notes.pictures.length) return;
    drawn = notes.pictures.length;
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
    notes.delays.push(ageOf(value));
  }

  function ageOf(value) {
    return (Date.now() - value + 2 ** bits) % 2 ** bits;
  }

  /** Notes what the page says of the delay, each time that it says so, beside the age of the picture on its canvas. */
  function compare() {
    const [, ms] = document.querySelector('.figures')?.textContent.match(/(\d+) ms late/) ?? [];
    if (last >= 0 && ms !== undefined && ms !== said) notes.told.push({ saidMs: Number(ms), ageMs: ageOf(last) });
    said = ms;
  }

  /**
   * Notes when each picture was captured, was at the server, arrived, went into the decoder, came out, and was drawn.
   */
  function noteStages() {
    const byTime = new Map();
    const of = (timestamp) => byTime.get(timestamp) ?? byTime.set(timestamp, {}).get(timestamp);
    const { WebSocket: Socket, VideoDecoder: Decoder, CanvasRenderingContext2D: Pen } = globalThis;
    globalThis.WebSocket = class extends Socket {
      constructor(...args) {
        notes.start.socket ??= performance.now();
        super(...args);
        this.addEventListener('open', () => (notes.start.open ??= performance.now()));
        this.addEventListener('message', ({ data }) => {
          if (typeof data === 'string') {
            if (data.includes('"welcome"')) notes.start.welcome ??= performance.now();
            return;
          }
          const view = data instanceof ArrayBuffer ? new DataView(data) : undefined;
          if (!view || view.byteLength < 24) return;
          if (view.getUint8(0) === 2)
            notes.sounds.push({ captured: view.getFloat64(4) / 1_000, at: view.getFloat64(12), arrived: now() });
          if (view.getUint8(0) !== 1) return;
          notes.start.frame ??= performance.now();
          Object.assign(of(view.getFloat64(4)), {
            captured: view.getFloat64(4) / 1_000,
            at: view.getFloat64(12),
            arrived: now(),
          });
        });
      }
    };
    globalThis.VideoDecoder = class extends Decoder {
      constructor({ output, error }) {
        super({
          output: (picture) => {
            of(picture.timestamp).decoded = now();
            notes.start.decoded ??= performance.now();
            output(picture);
          },
          error,
        });
      }
      configure(config) {
        notes.start.configured ??= performance.now();
        super.configure(config);
      }
      decode(chunk) {
        of(chunk.timestamp).fed = now();
        super.decode(chunk);
      }
    };
    const { drawImage } = Pen.prototype;
    Pen.prototype.drawImage = function (source, ...rest) {
      const timestamp = source instanceof VideoFrame ? source.timestamp : undefined;
      drawImage.call(this, source, ...rest);
      if (timestamp === undefined) return;
      const picture = of(timestamp);
      notes.start.drawn ??= performance.now();
      notes.pictures.push({ ...picture, drawn: now() });
      for (const each of byTime.keys()) if (each <= timestamp) byTime.delete(each);
    };
  }
}
