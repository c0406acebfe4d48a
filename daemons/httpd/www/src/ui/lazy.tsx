// A page, or a large part of one, whose code is fetched when it is opened.
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asError, type ApiError } from '../api';
import { Failed, Skeleton } from './bits';

export function lazy<P extends object = object>(load: () => Promise<ComponentType<P>>): (p: P) => JSX.Element {
	const kept: { part?: ComponentType<P> } = {};

	return function Lazy(p: P) {
		/* fetched once: from then on it is there at once */
		const [Part, setPart] = useState<ComponentType<P> | undefined>(() => kept.part), [error, setError] = useState<ApiError>();
		const fetch = () => {
			setError(undefined);
			load().then(c => {
				kept.part = c;
				setPart(() => c);
			}, e => setError(asError(e)));
		};

		useEffect(() => { if (!kept.part) fetch(); }, []);
		if (error)
			return <Failed error={error} at={0} retry={fetch} />;
		return Part ? <Part {...p} /> : <Skeleton />;
	};
}
