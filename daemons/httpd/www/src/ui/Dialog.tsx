// The native <dialog>: focus is kept inside and given back, Escape closes. Who
// opens a form can type at once: the browser would begin with the cross.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../text';

const FIELD = '.fields :is(input, select, textarea):enabled:not([readonly])';

interface Props {
	title: string;
	/** "drawer" at the right edge, "modal" in the middle. */
	kind?: 'drawer' | 'modal';
	onClose: () => void;
	/** Asked before Escape, the cross or Cancel close; false: stays. */
	mayClose?: () => boolean;
	onSubmit?: () => void;
	/** Only to be read: the text itself can be scrolled by the keyboard. */
	reading?: boolean;
	footer?: (close: () => void) => ComponentChildren;
	children: ComponentChildren;
}

export function Dialog({ title, kind = 'modal', onClose, mayClose, onSubmit, reading, footer, children }: Props) {
	const ref = useRef<HTMLDialogElement>(null), id = useId();

	const close = () => {
		if (!mayClose || mayClose())
			ref.current?.close();
	};
	const submit = (e: Event) => {
		e.preventDefault();
		onSubmit?.();
	};

	useEffect(() => {
		const from = document.activeElement;

		ref.current?.showModal();
		if (onSubmit)
			ref.current?.querySelector<HTMLElement>(FIELD)?.focus();
		/* the browser gives focus back when it closes, not when it is taken out: after Save */
		return () => {
			setTimeout(() => {
				if (from instanceof HTMLElement && from.isConnected && document.activeElement === document.body)
					from.focus();
			});
		};
	}, []);
	return <dialog ref={ref} class={kind} aria-labelledby={id} onClose={onClose}
		onCancel={e => { if (mayClose && !mayClose()) e.preventDefault(); }}>
		<form noValidate onSubmit={submit}>
			<header>
				<h2 id={id}>{title}</h2>
				<button type="button" class="ghost icon" aria-label={t('close')} onClick={close}>×</button>
			</header>
			<div class="fields" {...(reading ? { tabIndex: 0, role: 'region', 'aria-labelledby': id } : {})}>{children}</div>
			{footer && <footer>{footer(close)}</footer>}
		</form>
	</dialog>;
}
