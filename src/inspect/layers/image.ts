/**
 * A picture: searched like any bytes, and looked at as a whole when it is complete, in steps.
 * Promise: at most `limits.imageBytes` are kept; of larger ones the beginning is looked at, and that is said. So is a picture that
 * takes more work than all of its exchange may.
 */

import type { JudgeImage } from '../../kinds/kind.ts';
import { text } from '../../model/text.ts';
import type { ByteSink } from '../byte-sink.ts';
import { windowAround } from '../found.ts';
import { chainOf, locatorIn, type Place } from '../place.ts';
import type { Scope } from '../scope.ts';
import { LeafSink } from './leaf.ts';

/** Units of work that a byte adds to what pictures may take. */
const PER_BYTE = 150;

export class ImageSink implements ByteSink {
  #kept: Buffer[] = [];
  #length = 0;
  readonly #raw: ByteSink;
  readonly #scope: Scope;
  readonly #place: Place;

  constructor(scope: Scope, place: Place, open: (place: Place) => ByteSink) {
    this.#scope = scope;
    this.#place = place;
    this.#raw = new LeafSink(scope, place, 'media', open);
  }

  write(bytes: Buffer): void {
    this.#raw.write(bytes);
    const room = this.#scope.limits.imageBytes - Math.min(this.#length, this.#scope.limits.imageBytes);
    this.#length += bytes.length;
    if (this.#scope.judgeImage && room > 0) this.#kept.push(Buffer.from(bytes.subarray(0, room)));
  }

  end(complete: boolean): void {
    this.#raw.end(complete);
    const { judgeImage, limits, device } = this.#scope;
    if (!judgeImage || this.#length === 0) return;
    if (this.#length > limits.imageBytes) this.#scope.partial(text('unseen.picture', { most: limits.imageBytes }));
    const bytes = Buffer.concat(this.#kept);
    this.#kept = [];
    this.#scope.later(this.#look(bytes, judgeImage(bytes, device)));
  }

  *#look(bytes: Buffer, judging: ReturnType<JudgeImage>): Generator<undefined, void> {
    const scope = this.#scope;
    scope.pictureUnits += PER_BYTE * bytes.length;
    let step = judging.next();
    for (; !step.done; step = judging.next()) {
      scope.budget.count(step.value);
      scope.pictureUnits -= step.value;
      if (scope.pictureUnits < 0) {
        scope.partial(text('unseen.pictures'));
        return;
      }
      yield;
    }
    for (const { path, ...verdict } of step.value) {
      scope.report(this.#place, {
        ...verdict,
        path: locatorIn(this.#place, path) ?? path,
        chain: chainOf(this.#place),
        hash: null,
        offset: 0,
        seen: '',
        window: windowAround(bytes, 0, Math.min(64, bytes.length)),
      });
    }
  }
}
