"""From the prices to what is paid: coupons, promotion codes, discounts, taxes, other currencies."""
