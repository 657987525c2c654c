-- Which of these are account numbers of contracts.
select account_number from contract
where account_number = any(:numbers)
