import { describeFeatureStore, type ConformanceSubject } from '#testing/store-conformance.js';
import { MemoryFeatureStore } from './memory-feature-store.js';

let subject = subjectOf();

function subjectOf(): ConformanceSubject {
  return {
    store: new MemoryFeatureStore({ now: () => Date.now() }),
    clear: async () => {
      subject = subjectOf();
    },
    settle: async () => undefined,
  };
}

describeFeatureStore('the memory store', () => subject);
