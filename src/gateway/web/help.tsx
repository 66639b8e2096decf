/** The keys. */
import { useEffect, useRef } from 'preact/hooks';
import type { Session } from './session.js';

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['↓', 'j'], 'next instrument'],
  [['↑', 'k'], 'instrument before'],
  [['/'], 'search; Esc empties the field'],
  [['[', ']'], 'finer, coarser price steps'],
  [['t'], 'dark or light'],
  [['?'], 'this help'],
];

export function Help({ session, close }: { readonly session: Session; readonly close: () => void }): preact.JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p>
        Books are built in this page from snapshots and deltas, and each message proves them by a hash; one that does not fit is
        thrown away and asked for anew. Greyed figures are old.
      </p>
      {/* Links carry no key. */}
      {session.hasKey ? (
        <button type="button" onClick={() => session.forget()}>
          Forget the key
        </button>
      ) : (
        <nav>
          <a href="/metrics">metrics</a>
          <a href="/health">health</a>
          <a href="/readyz">readiness</a>
          <a href="/symbols">symbols</a>
          <a href="/status">engine</a>
        </nav>
      )}
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}
