/**
 * Loaded into a service by `--import`: when the supervisor is gone, however it ended, the channel
 * to it closes and the service stops as if it had been told to. Nothing is left behind that holds
 * the port.
 */
if (process.channel !== undefined && process.channel !== null) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
}
