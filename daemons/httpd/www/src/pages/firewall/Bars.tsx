// Over the firewall's page: what is not in force yet, and what is on trial with
// its clock.
import { useState } from 'preact/hooks';
import { asError, type ApiError } from '../../api';
import { t, tn } from '../../text';
import { Alert } from '../../ui/bits';
import { toast } from '../../ui/toast';
import { Compare } from './Compare';
import { extend, keep, takeBack, type Trial } from './trial';
import { tryDraft, type Editing, type Refusal } from './useDraft';

export function TrialBar({ trial, done }: { trial: Trial; done: () => void }) {
	const [error, setError] = useState<ApiError>(), [busy, setBusy] = useState(false), r = trial.running;

	if (!r)
		return null;
	const act = (what: Promise<unknown>, said: string) => {
		setBusy(true);
		setError(undefined);
		what.then(() => toast(said), e => setError(asError(e))).finally(() => {
			setBusy(false);
			trial.reload();
			done();
		});
	};

	return <div class="banner warn trial" role="region" aria-labelledby="trial-title">
		<div class="grow">
			<b id="trial-title">{t(trial.mine ? 'trial.mine' : 'trial.theirs', { who: trial.who })} <span class="num clock">{t('trial.left', { n: trial.left })}</span></b>
			<p class="sm">{t(trial.mine ? 'trial.how' : 'trial.wait')}</p>
			{r.differs && <p class="sm mono">{r.differs}</p>}
			{error && <Alert>{error.message}</Alert>}
		</div>
		{trial.mine && <>
			{!r.extended && <button disabled={busy} onClick={() => act(extend(r.generation), t('trial.longer'))}>{t('trial.extend')}</button>}
			<button disabled={busy} onClick={() => act(takeBack(r.generation), t('trial.back'))}>{t('trial.undo')}</button>
			<button class="primary" disabled={busy} onClick={() => act(keep(r.generation), t('trial.kept'))}>{t('trial.keep')}</button>
		</>}
	</div>;
}

/** What the box refused, and what can be done about it. */
function Refused({ refusal, force, undo }: { refusal: Refusal; force: () => void; undo: () => void }) {
	return <Alert>
		<span class="grow">{refusal.error.message}{refusal.begun && ` ${t('draft.half')}`}</span>
		{refusal.begun && <button onClick={undo}>{t('trial.undo')}</button>}
		{refusal.general && refusal.error.field === 'drop_all' && <button class="danger" onClick={force}>{t('draft.force')}</button>}
	</Alert>;
}

export function DraftBar({ editing, trial }: { editing: Editing; trial: Trial }) {
	const [open, setOpen] = useState(false), [busy, setBusy] = useState(false), [refusal, setRefusal] = useState<Refusal>();
	const { draft, changes } = editing;

	if (!draft)
		return null;
	async function go(force: boolean): Promise<void> {
		setBusy(true);
		setRefusal(undefined);
		const r = await tryDraft(draft!, force);

		setRefusal(r);
		setBusy(false);
		if (!r)
			editing.drop();
		trial.reload();
		editing.reload();
	}

	return <>
		<div class="banner info trial" role="region" aria-labelledby="draft-title">
			<div class="grow">
				<b id="draft-title">{tn('draft.title', changes)}</b>
				<p class="sm">{t('draft.how')}</p>
			</div>
			<button disabled={busy} onClick={() => { setRefusal(undefined); editing.drop(); }}>{t('draft.drop')}</button>
			<button onClick={() => setOpen(true)}>{t('draft.compare')}</button>
			<button class="primary" disabled={busy || (!!trial.running && !trial.mine)} onClick={() => { void go(false); }}>{t('draft.try')}</button>
		</div>
		{refusal && <Refused refusal={refusal} force={() => { void go(true); }}
			undo={() => { void takeBack(0).catch(() => undefined).then(() => { setRefusal(undefined); trial.reload(); editing.reload(); }); }} />}
		{open && <Compare draft={draft} onClose={() => setOpen(false)} />}
	</>;
}
