import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import type { KafkaConfig } from '#config/kafka-config.js';
import { freePort } from './redis-server.js';

/** Where `.ci/fetch-kafka` puts what it gets from Maven Central. */
const jars = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'tollgate/kafka-broker/jars',
);
const JAVA_VERSION_MIN = 17;
const CLUSTER_ID = 'dG9sbGdhdGUtdGVzdC0x';
const START_MS_MAX = 40_000;
const READY_WAIT_MS = 100;
/** A small heap and the cheapest compiler: it starts in seconds, on the cores of the test. */
const JVM_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** What tests against a real broker lack here, as the end of their title; empty = nothing. */
export function missingForKafka(): string {
  if (javaVersion() < JAVA_VERSION_MIN) return ` (skipped without Java ${JAVA_VERSION_MIN})`;
  const isFetched = existsSync(jars) && readdirSync(jars).some((name) => name.startsWith('kafka_'));
  return isFetched ? '' : ' (skipped without the jars of Kafka: .ci/fetch-kafka)';
}

/** 0 where there is none. */
function javaVersion(): number {
  const { stderr } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

export interface KafkaBrokerOptions {
  /** Lines of server.properties beside our own. */
  readonly properties?: readonly string[];
  /** Also listens with TLS and asks for this user's password, by SCRAM-SHA-512. */
  readonly user?: { readonly name: string; readonly password: string };
}

const STORE_PASSWORD = 'changeit';

function keytool(...args: readonly string[]): void {
  execFileSync('keytool', args, { stdio: 'ignore' });
}

/** A private Apache Kafka: one broker that is its own controller, on loopback, in a folder. */
export class KafkaBroker {
  private readonly folder = mkdtempSync(join(tmpdir(), 'tollgate-kafka-'));
  private process: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly controllerPort: number,
    /** Of the listener with TLS. */
    readonly securePort: number,
  ) {}

  static async start(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
    const broker = new KafkaBroker(await freePort(), await freePort(), await freePort());
    writeFileSync(broker.settings, broker.properties(options).join('\n'));
    const format = ['format', '--config', broker.settings, '--cluster-id', CLUSTER_ID];
    const { user } = options;
    if (user !== undefined) {
      broker.makeCertificate();
      const { name, password } = user;
      format.push('--add-scram', `SCRAM-SHA-512=[name=${name},password=${password}]`);
    }
    broker.run('kafka.tools.StorageTool', [...format, '--standalone']);
    await broker.start();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The certificate of the listener with TLS, which is its own authority. */
  get certificateFile(): string {
    return join(this.folder, 'broker.pem');
  }

  configOf(topic: string): KafkaConfig {
    return { brokers: [{ host: '127.0.0.1', port: this.port }], topic, tls: null, sasl: null };
  }

  /** Starts it again, for instance after `kill`, and waits until it answers. */
  async start(): Promise<void> {
    const args = [...JVM_FLAGS, '-cp', `${jars}/*`, 'kafka.Kafka', this.settings];
    this.process = spawn('java', args, { stdio: 'ignore', cwd: this.folder });
    const endsAtMs = performance.now() + START_MS_MAX;
    while (performance.now() < endsAtMs) {
      if (this.hasEnded) throw new Error('the Kafka broker ended while starting');
      if (await this.answers()) return;
      await sleep(READY_WAIT_MS);
    }
    throw new Error('the Kafka broker did not answer');
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.withAdmin((admin) => admin.deleteTopics({ topics: [topic] }));
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    const topics = [{ name: topic, count }];
    await this.withAdmin((admin) => admin.createPartitions({ topics, validateOnly: false }));
  }

  /** Ends it at once, like a crash. */
  async kill(): Promise<void> {
    const child = this.process;
    if (child === null || this.hasEnded) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get settings(): string {
    return join(this.folder, 'server.properties');
  }

  private get hasEnded(): boolean {
    const child = this.process;
    return child === null || child.exitCode !== null || child.signalCode !== null;
  }

  private get keyStore(): string {
    return join(this.folder, 'broker.p12');
  }

  private makeCertificate(): void {
    const store = ['-keystore', this.keyStore, '-storepass', STORE_PASSWORD, '-alias', 'broker'];
    const names = ['-dname', 'CN=localhost', '-ext', 'san=dns:localhost'];
    keytool('-genkeypair', '-keyalg', 'EC', '-storetype', 'PKCS12', ...names, ...store);
    keytool('-exportcert', '-rfc', '-file', this.certificateFile, ...store);
  }

  private properties({ properties = [], user }: KafkaBrokerOptions): string[] {
    const controller = `127.0.0.1:${this.controllerPort}`;
    const listeners = [`PLAINTEXT://${this.address}`, `CONTROLLER://${controller}`];
    if (user !== undefined) listeners.push(`SECURE://localhost:${this.securePort}`);
    const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    return [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.bootstrap.servers=${controller}`,
      `listeners=${listeners.join(',')}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL',
      'sasl.enabled.mechanisms=SCRAM-SHA-512',
      `listener.name.secure.scram-sha-512.sasl.jaas.config=${login}`,
      `ssl.keystore.location=${this.keyStore}`,
      `ssl.keystore.password=${STORE_PASSWORD}`,
      'ssl.keystore.type=PKCS12',
      'controller.listener.names=CONTROLLER',
      `log.dirs=${join(this.folder, 'data')}`,
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=1',
      'group.initial.rebalance.delay.ms=0',
      'auto.create.topics.enable=false',
      // A killed one comes back when its last session has ended.
      'broker.session.timeout.ms=1000',
      'broker.heartbeat.interval.ms=200',
      ...properties,
    ];
  }

  private run(program: string, args: readonly string[]): void {
    execFileSync('java', [...JVM_FLAGS, '-cp', `${jars}/*`, program, ...args], { stdio: 'ignore' });
  }

  private async answers(): Promise<boolean> {
    try {
      await this.withAdmin((admin) => admin.listTopics());
      return true;
    } catch {
      return false;
    }
  }

  private async withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
    const admin = new Admin({
      clientId: 'test',
      bootstrapBrokers: [this.address],
      retries: 0,
      timeout: 2_000,
    });
    try {
      await work(admin);
    } finally {
      await admin.close();
    }
  }
}
