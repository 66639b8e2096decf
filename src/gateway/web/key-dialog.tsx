/** Asks for a key. It cannot be closed: without one there is nothing to be seen. */
import { useEffect, useRef } from 'preact/hooks';
import type { Session } from './session.js';

export function KeyDialog({ session }: { readonly session: Session }): preact.JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="help key" aria-labelledby="key-title" onCancel={(event) => event.preventDefault()}>
      <h2 id="key-title">Key</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          session.enter(field.current?.value ?? '');
        }}
      >
        <p>
          <label for="key">This gateway wants a key that may read. It is kept until this tab is closed.</label>
        </p>
        <input id="key" ref={field} type="password" autocomplete="off" spellcheck={false} required={true} />
        <p id="key-problem" role="alert">
          {session.reason}
        </p>
        <button type="submit">Connect</button>
      </form>
      <p>
        <code>tickring keys add --scope read</code> makes one on the gateway's host.
      </p>
    </dialog>
  );
}
