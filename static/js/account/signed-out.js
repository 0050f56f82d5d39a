/*
 * Lets the other tabs know that nobody is signed in any more.
 */
import { tell } from "../shared/tabs.js"

tell("signed-out")
