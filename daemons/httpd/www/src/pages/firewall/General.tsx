// The general switches of the packet filter.
import { FieldInput } from '../../form/FieldInput';
import { forms } from '../../forms';
import { t } from '../../text';
import { Precedence } from '../Precedence';
import { Preflight } from './Preflight';
import type { Editing } from './useDraft';

const SWITCHES = ['enabled', 'ping', 'drop_all'] as const, PORTS = ['ssh_port', 'iax2_port', 'ami_port'] as const;

/** Where services are that are not set elsewhere. What is no number is the box's to refuse. */
function Ports({ editing, may }: { editing: Editing; may: boolean }) {
	const general = editing.wall!.general, form = forms.value['firewall']!;

	return <div class="ports">{PORTS.map(name => <FieldInput key={name} f={form.fields.find(x => x.name === name)!} value={String(general[name])}
		disabled={!may} onBlur={() => undefined}
		onInput={v => editing.change(w => ({ ...w, general: { ...w.general, [name]: /^\d+$/.test(String(v)) ? Number(v) : v } }))} />)}
	</div>;
}

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
				<Ports editing={editing} may={may} />
				<Preflight editing={editing} may={may} />
			</div>
			<div>
				<h3>{t('path')}</h3>
				<Precedence dropAll={general.drop_all} />
			</div>
		</div>
	</section>;
}
