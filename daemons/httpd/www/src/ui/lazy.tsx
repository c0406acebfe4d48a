// A page whose code is fetched when it is opened.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { asError, type ApiError } from '../api';
import { Failed, Skeleton } from './bits';

export function lazy(load: () => Promise<ComponentType>): ComponentType {
	return function Lazy() {
		const [Page, setPage] = useState<ComponentType>(), [error, setError] = useState<ApiError>();
		const fetch = () => {
			setError(undefined);
			load().then(p => setPage(() => p), e => setError(asError(e)));
		};

		useEffect(fetch, []);
		if (error)
			return <Failed error={error} at={0} retry={fetch} />;
		return Page ? <Page /> : <Skeleton />;
	};
}
