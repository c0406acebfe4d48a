// A few things to do behind one button: native <details>, shut by Escape and by
// a click elsewhere.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface Props { label: ComponentChildren; class?: string; children: ComponentChildren }

export function Menu({ label, class: kind = '', children }: Props) {
	const ref = useRef<HTMLDetailsElement>(null);

	useEffect(() => {
		const shut = (e: Event) => {
			const esc = e instanceof KeyboardEvent && e.key === 'Escape';

			if (ref.current?.open && (esc || (e.type === 'click' && !ref.current.contains(e.target as Node))))
				ref.current.open = false;
		};

		addEventListener('click', shut);
		addEventListener('keydown', shut);
		return () => {
			removeEventListener('click', shut);
			removeEventListener('keydown', shut);
		};
	}, []);
	return <details class={`dropdown ${kind}`} ref={ref} onClick={e => {
		if ((e.target as HTMLElement).closest('.menu a, .menu button') && ref.current)
			ref.current.open = false;
	}}>
		<summary>{label}</summary>
		<div class="menu">{children}</div>
	</details>;
}
