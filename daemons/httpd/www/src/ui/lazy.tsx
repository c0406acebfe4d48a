// A page, or a large part of one, whose code is fetched when it is opened.
import type { ComponentType, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asError, type ApiError } from '../api';
import { Failed, Skeleton } from './bits';

export function lazy<P extends object = object>(load: () => Promise<ComponentType<P>>): (p: P) => JSX.Element {
	return function Lazy(p: P) {
		const [Part, setPart] = useState<ComponentType<P>>(), [error, setError] = useState<ApiError>();
		const fetch = () => {
			setError(undefined);
			load().then(c => setPart(() => c), e => setError(asError(e)));
		};

		useEffect(fetch, []);
		if (error)
			return <Failed error={error} at={0} retry={fetch} />;
		return Part ? <Part {...p} /> : <Skeleton />;
	};
}
