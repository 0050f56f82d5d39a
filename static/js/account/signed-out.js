/*
 * Tells the other tabs that the customer has signed out.
 */
import { tell } from "../shared/tabs.js"

tell("signed-out")
