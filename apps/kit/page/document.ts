/** Connects a page to its store, to the address, and to the document around it. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Settings } from './state.js';
import type { Store } from './store.js';

/** The state of a store. The part is drawn again after each change. */
export function useStore<State extends object>(store: Store<State>): State {
  const [state, setState] = useState(store.state);
  // Before the first paint: a page may have an answer while it builds its screen.
  useLayoutEffect(() => {
    setState(store.state);
    return store.watch(() => setState(store.state));
  }, [store]);
  return state;
}

/** Listens to events of the window for as long as the part exists. The first listeners stay. */
export function useWindow(
  listeners: {
    readonly [Type in keyof WindowEventMap]?: (event: WindowEventMap[Type]) => void;
  },
): void {
  useEffect(() => {
    const all = Object.entries(listeners) as [string, EventListener][];
    for (const [type, listener] of all) addEventListener(type, listener);
    return () => {
      for (const [type, listener] of all) removeEventListener(type, listener);
    };
  }, []);
}

/** Keeps the title, language and theme of the document up to date. */
export function useDocument({ language, theme }: Settings, title: string): void {
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    // Separate from the title, which may change often, because this makes the browser compute all styles again.
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const isForLight = theme === 'auto' ? meta.media.includes('light') : theme === 'light';
      meta.content = isForLight ? '#f4f2ec' : '#0c0e13';
    }
  }, [theme]);
}
