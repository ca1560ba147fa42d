/** Something the user can put right: what was wrong, and what to do. Printed without a stack. */
export class UserError extends Error {
  constructor(
    problem: string,
    readonly advice: string,
  ) {
    super(problem);
    this.name = 'UserError';
  }
}
