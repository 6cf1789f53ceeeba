/** Short sounds, made by the browser. The page loads no files for them. */
import type { Sound } from './game/lights.js';

/** A tone: where it begins and ends, in hertz, its length in seconds, its loudness, and its form. */
interface Tone {
  readonly from: number;
  readonly to: number;
  readonly seconds: number;
  readonly gain: number;
  readonly form: OscillatorType;
}

const TONES: Readonly<Record<Sound, readonly Tone[]>> = {
  shot: [{ from: 880, to: 220, seconds: 0.12, gain: 0.1, form: 'triangle' }],
  'far-shot': [{ from: 620, to: 180, seconds: 0.1, gain: 0.025, form: 'triangle' }],
  hit: [
    { from: 1_320, to: 1_320, seconds: 0.06, gain: 0.08, form: 'sine' },
    { from: 1_760, to: 1_980, seconds: 0.14, gain: 0.07, form: 'sine' },
  ],
  hurt: [{ from: 160, to: 70, seconds: 0.22, gain: 0.2, form: 'sawtooth' }],
  out: [{ from: 330, to: 50, seconds: 0.6, gain: 0.2, form: 'sawtooth' }],
  enter: [{ from: 260, to: 520, seconds: 0.3, gain: 0.08, form: 'sine' }],
};

/** The loudspeaker of the page. */
export class Speaker {
  #context: AudioContext | undefined;
  isOn = true;

  /** Prepares the sound. A browser allows it after a press of the person. */
  wake(): void {
    if (!this.isOn) return;
    this.#context ??= 'AudioContext' in globalThis ? new AudioContext() : undefined;
    if (this.#context?.state === 'suspended') void this.#context.resume();
  }

  /** Plays a sound, and shakes a phone when the own player is hit. */
  play(sound: Sound): void {
    if (sound === 'hurt' || sound === 'out') navigator.vibrate?.(sound === 'out' ? 120 : 40);
    const context = this.#context;
    if (!this.isOn || context?.state !== 'running') return;
    let at = context.currentTime;
    for (const { from, to, seconds, gain, form } of TONES[sound]) {
      const volume = new GainNode(context, { gain });
      volume.gain.setValueAtTime(gain, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + seconds);
      const tone = new OscillatorNode(context, { type: form, frequency: from });
      tone.frequency.exponentialRampToValueAtTime(to, at + seconds);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
      at += seconds * 0.5;
    }
  }
}
