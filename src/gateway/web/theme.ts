/** Dark and light: as the system says, until the user chooses. */
import { Changes } from './changes.js';

const KEY = 'tickring-theme';

export class Theme {
  readonly changes = new Changes();
  readonly #system = matchMedia('(prefers-color-scheme: dark)');
  #chosen: string | null = null;

  constructor() {
    try {
      this.#chosen = localStorage.getItem(KEY);
    } catch {
      // Storage can be forbidden; the choice then lasts as long as the page.
    }
    this.#system.addEventListener('change', () => this.#apply());
    this.#apply();
  }

  get isDark(): boolean {
    return this.#chosen === 'dark' || (this.#chosen !== 'light' && this.#system.matches);
  }

  toggle(): void {
    this.#chosen = this.isDark ? 'light' : 'dark';
    try {
      localStorage.setItem(KEY, this.#chosen);
    } catch {
      // As above.
    }
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset['theme'] = this.isDark ? 'dark' : 'light';
    this.changes.touch();
  }
}

/** A colour of the style sheet, for what is drawn on a canvas. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
