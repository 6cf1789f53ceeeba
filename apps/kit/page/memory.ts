/** The memory of a page: the storage of its tab, which ends with the tab, and that of the browser. */
import { languageFor } from '../shared/naming.js';
import type { Settings } from './state.js';

type Keeper = 'tab' | 'browser';

/** The memory of one application. */
export class Memory {
  readonly #prefix: string;
  /** Values that the browser refused to store. Invariant: names of both storages differ. */
  readonly #refused = new Map<string, string>();

  constructor(application: string) {
    this.#prefix = `${application}.`;
  }

  /** A random number that nobody else knows. It is made once for each name and tab. */
  secret(name: string): string {
    const known = this.read('tab', name);
    return typeof known === 'string' ? known : this.freshSecret(name);
  }

  /** Replaces a secret by another one. */
  freshSecret(name: string): string {
    const secret = randomHex(16);
    this.write('tab', name, secret);
    return secret;
  }

  /** The language and the theme that were chosen earlier, or those of the system. */
  settings(): Settings {
    const language = this.read('browser', 'language');
    const theme = this.read('browser', 'theme');
    return {
      language: language === 'ko' || language === 'en' ? language : languageFor(navigator.languages),
      theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    };
  }

  /** Remembers the chosen language and theme. */
  rememberSettings({ language, theme }: Settings): void {
    this.write('browser', 'language', language);
    this.write('browser', 'theme', theme);
  }

  /** Returns a value, null without one, or undefined when what is stored cannot be read. */
  read(keeper: Keeper, name: string): unknown {
    // A browser may refuse all storage. The page works without it, and a reload makes a new person.
    try {
      return JSON.parse(this.#refused.get(name) ?? storageOf(keeper).getItem(this.#prefix + name) ?? 'null');
    } catch {
      return undefined;
    }
  }

  /** Stores a value; null forgets it. */
  write(keeper: Keeper, name: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      storageOf(keeper).setItem(this.#prefix + name, text);
      this.#refused.delete(name);
    } catch {
      // The storage is full or forbidden. The value is remembered until a reload.
      this.#refused.set(name, text);
    }
  }
}

/** Random hexadecimal digits, two for each byte. */
export function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
}

function storageOf(keeper: Keeper): Storage {
  // Reading the property may throw where a browser forbids storage.
  return keeper === 'tab' ? sessionStorage : localStorage;
}
