// The general switches of the packet filter.
import { forms } from '../../forms';
import { t } from '../../text';
import { Precedence } from '../Precedence';
import { Preflight } from './Preflight';
import type { Editing } from './useDraft';

const SWITCHES = ['enabled', 'ping', 'drop_all'] as const;

export function General({ editing, may }: { editing: Editing; may: boolean }) {
	const general = editing.wall!.general, form = forms.value['firewall']!;

	return <section class="card" aria-labelledby="wall-general">
		<header><h2 id="wall-general">{t('wall.general')}</h2></header>
		<div class="general">
			<div class="switches">{SWITCHES.map(name => {
				const f = form.fields.find(x => x.name === name)!;

				return <div class="field check" key={name}>
					<input type="checkbox" id={`wall-${name}`} checked={general[name]} disabled={!may} aria-describedby={f.help ? `wall-${name}-h` : undefined}
						onChange={e => {
							const on = e.currentTarget.checked;

							editing.change(w => ({ ...w, general: { ...w.general, [name]: on } }));
						}} />
					<div>
						<label for={`wall-${name}`}>{f.label}</label>
						{f.help && <div class="help" id={`wall-${name}-h`}>{f.help}</div>}
					</div>
				</div>;
			})}
				<Preflight editing={editing} may={may} />
			</div>
			<div>
				<h3>{t('path')}</h3>
				<Precedence dropAll={general.drop_all} />
			</div>
		</div>
	</section>;
}
