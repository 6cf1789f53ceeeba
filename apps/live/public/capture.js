// Runs beside the page, and passes the sound of the microphone on in pieces of 20 ms. For browsers without
// MediaStreamTrackProcessor.
class Capture extends AudioWorkletProcessor {
  #samples = new Float32Array(Math.round(sampleRate / 50));
  #filled = 0;
  #at = 0;

  process([[channel]]) {
    if (!channel) return true;
    for (let index = 0; index < channel.length; index++) {
      if (this.#filled === 0) this.#at = (currentFrame + index) / sampleRate;
      this.#samples[this.#filled++] = channel[index];
      if (this.#filled < this.#samples.length) continue;
      this.port.postMessage({ at: this.#at, samples: this.#samples.slice() });
      this.#filled = 0;
    }
    return true;
  }
}

registerProcessor('capture', Capture);
