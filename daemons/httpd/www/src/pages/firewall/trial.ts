// What is on trial in the packet filter: whose, how long still; keeping it and
// taking it back.
import { useEffect, useRef } from 'preact/hooks';
import { api, asError, login } from '../../api';
import { useLive } from '../../data';
import { now } from '../../live';
import { t } from '../../text';
import { toast } from '../../ui/toast';

export interface TrialState {
	state: 'none' | 'running' | 'kept' | 'taken_back' | 'expired';
	generation: number;
	actor: string;
	until_ms: number;
	left_s: number;
	extended: boolean;
	differs: string;
}

export interface Trial { running?: TrialState; left: number; mine: boolean; who: string; reload: () => void }

/* as many connections as a browser may have kept open to the box, and one */
const CONNECTIONS = 8;

export function useTrial(): Trial {
	const data = useLive<TrialState>('/methods/fwd/Trial'), state = data.rows[0], was = useRef('');
	const who = state?.actor.split('@')[0] ?? '';

	useEffect(() => {
		if (was.current === 'running' && state?.state === 'expired')
			toast(t('trial.expired'));
		was.current = state?.state ?? '';
	}, [state?.state]);
	return {
		running: state?.state === 'running' ? state : undefined, who, mine: who === login.value?.account, reload: data.reload,
		/* the clock may have struck just before the answer came: never more than the box said */
		left: state ? Math.max(0, state.left_s - Math.max(0, Math.round((now.value - data.at) / 1000))) : 0,
	};
}

/**
 * The box keeps it only when it hears so over a connection that was opened
 * after the change: that shows that we still get in. A browser has old ones
 * open; the box closes each that it is asked over in vain.
 */
export async function keep(generation: number): Promise<void> {
	for (let i = 1; ; i++) {
		try {
			await api('POST', '/methods/fwd/Confirm', { generation });
			return;
		} catch (e) {
			if (asError(e).field !== 'opened_ms' || i === CONNECTIONS)
				throw e;
		}
	}
}

export const takeBack = (generation: number): Promise<unknown> => api('POST', '/methods/fwd/Rollback', { generation });
export const extend = (generation: number): Promise<unknown> => api('POST', '/methods/fwd/Extend', { generation });
